#!/usr/bin/env bash
# Tries slurm_study.sh on this machine: starts Slurm here (one_node.sh), runs a study of four shards as a job array, takes
# one of them off its node in the middle, and compares what is merged with the study as it is trained without Slurm.
# Needs root and Debian's packages slurmctld, slurmd, slurm-client and munge; `sparsegrok` must be on the path.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
folder="$(realpath -m "${1:?usage: try_slurm.sh FOLDER}")"
mkdir -p "$folder"
eval "$("$here/one_node.sh" "$folder/slurm" | tail -1)"
study=(--preset grok-c --seeds 64 --vary weight_decay=2e-5,4e-5 --n-test 0 --eval-points 20)
"$here/slurm_study.sh" "$folder" 4 "${study[@]}"
array=$(squeue --noheader --format %A --name sparsegrok | sort -n | head -1)
sleep 4
squeue
echo "requeueing ${array}_0"
scontrol requeue "${array}_0"
while squeue --noheader --format %i | grep -q .; do sleep 2; done
sparsegrok study "${study[@]}" --out "$folder/local" --force --quiet
for file in records.csv curves.csv traces.csv summary.json; do
  cmp "$folder/whole/$file" "$folder/local/$file"
done
cat "$folder"/0.log
echo "the merged study has the bytes of the local one"
scontrol shutdown
