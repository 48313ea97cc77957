#!/usr/bin/env bash
# One shard of a study for each task of a job array:
#
#   sbatch --array=0-199 slurm_array.sh FOLDER FLAGS OF THE STUDY…
#
# A task that Slurm takes its node away from, or that comes to its time limit, keeps what it has and goes on there when it
# is started again: a finished run is never trained twice.
#SBATCH --job-name=sparsegrok
#SBATCH --cpus-per-task=1
#SBATCH --requeue
#SBATCH --open-mode=append
# SIGTERM comes to this script a minute before the time limit.
#SBATCH --signal=B:TERM@60
set -u
folder="$1"
shift

sparsegrok study "$@" --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" \
  --threads "${SLURM_CPUS_PER_TASK:-1}" --out "$folder/shard-$SLURM_ARRAY_TASK_ID" --resume-or-start --quiet &
study=$!

# The study keeps its runs under way on SIGTERM, and ends; the job goes back into the queue.
stop() {
  kill -TERM "$study" 2> /dev/null
  wait "$study"
  scontrol requeue "$SLURM_JOB_ID"
}
trap stop TERM
wait "$study"
