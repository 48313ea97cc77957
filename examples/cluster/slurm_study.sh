#!/usr/bin/env bash
# A study on a cluster: an array of shards, and a job that merges them when all have ended well.
#
#   slurm_study.sh FOLDER SHARDS FLAGS OF THE STUDY…
#
# FOLDER is shared by all nodes; the study is in FOLDER/whole in the end. Called again, finished shards have nothing to do.
# Options of sbatch, such as a partition or a time limit, are taken from the environment (SBATCH_PARTITION, SBATCH_TIMELIMIT).
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
folder="$1" shards="$2"
shift 2
mkdir -p "$folder"
array=$(sbatch --parsable --array="0-$((shards - 1))" --output="$folder/%a.log" "$here/slurm_array.sh" "$folder" "$@")
merge=$(sbatch --parsable --dependency="afterok:$array" --output="$folder/merge.log" \
  --wrap "sparsegrok merge --force $folder/shard-* --out $folder/whole")
echo "shards are job $array; job $merge merges them to $folder/whole"
