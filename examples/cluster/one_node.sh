#!/usr/bin/env bash
# Starts Slurm on this machine alone, to try scripts: munge, a controller and one node, from Debian's packages
# slurmctld, slurmd, slurm-client and munge. Needs root. Everything it writes is in the folder FOLDER; SLURM_CONF, which
# it prints, leads the commands of Slurm there.
set -euo pipefail
folder="$(realpath -m "${1:?usage: one_node.sh FOLDER}")"
mkdir -p "$folder"/{controller,node}
node="$(hostname -s)"
cat > "$folder/slurm.conf" <<CONF
ClusterName=sparsegrok
SlurmctldHost=$node
SlurmUser=root
AuthType=auth/munge
StateSaveLocation=$folder/controller
SlurmdSpoolDir=$folder/node
SlurmctldPidFile=$folder/controller.pid
SlurmdPidFile=$folder/node.pid
SlurmctldLogFile=$folder/controller.log
SlurmdLogFile=$folder/node.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
KillWait=60
NodeName=$node CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF="$folder/slurm.conf"
pgrep -x munged > /dev/null || { mkdir -p /run/munge; chown munge: /run/munge; runuser -u munge -- munged; }
slurmctld
slurmd
for _ in $(seq 30); do
  sinfo --noheader --format %t 2> /dev/null | grep -q idle && break
  sleep 1
done
sinfo
echo "export SLURM_CONF=$SLURM_CONF"
