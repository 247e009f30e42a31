/// The program that runs one lease on its nodes, in bash: the only thing of ours that a node needs
/// besides bubblewrap. It claims its start, shuts the work in, and writes down when it began and
/// ended.
enum SlurmWorker {
    static let text = #"""
        # Runs one lease. Sourced by the lease's own file, which says what runs: by the batch script for the
        # whole gang, and by each rank of a gang of several nodes. Starts as few programs as it can: on a
        # small machine each costs more than all the rest.
        umask 077
        LC_ALL=C
        directory=$shared/leases/$lease
        work='' stopping='' cause=exited ordered=0 watcher='' killer='' exit_code='' stands='' groups=()
        kept='' earlier_ooms=0

        now() { moment=${EPOCHREALTIME/./}; }

        # Refuses to start, for a reason that the customer reads.
        refuse() {
          now
          printf 'refused %s 0 %s\n' "$moment" "$1" >"$directory/$result"
          [[ $result = ended ]] && : >"$shared/changes/$lease.ended"
          exit 1
        }

        # All descendants of a process, but for the sandbox's own first one.
        family() {
          local queue=("$1") depths=(0) process depth file children
          found=()
          while ((${#queue[@]})); do
            process=${queue[0]} depth=${depths[0]}
            queue=("${queue[@]:1}") depths=("${depths[@]:1}")
            ((depth > 1)) && found+=("$process")
            for file in /proc/"$process"/task/*/children; do
              children=()
              { read -r -a children <"$file"; } 2>/dev/null
              for process in "${children[@]}"; do
                queue+=("$process") depths+=($((depth + 1)))
              done
            done
          done
        }

        # Whether a process waits for SIGUSR1: it would end one that does not.
        expects_notice() {
          local name value mask=0
          while read -r name value; do
            case $name in SigBlk: | SigCgt:) ((mask |= 16#$value)) ;; esac
          done 2>/dev/null <"/proc/$1/status"
          ((mask & 1 << 9))
        }

        tell() {
          local process
          printf '%s\n' "$1" >"$told/notice.json.new" && mv "$told/notice.json.new" "$told/notice.json"
          [[ $work ]] || return 0
          family "$work"
          for process in "${found[@]}"; do
            expects_notice "$process" && kill -USR1 "$process" 2>/dev/null
          done
        }

        # Ends the work: SIGTERM now, SIGKILL after so many microseconds.
        halt() {
          local grace
          woken=1
          printf -v grace '%d.%06d' $(($1 / 1000000)) $(($1 % 1000000))
          [[ $stopping ]] && kill -TERM -- "-$killer" 2>/dev/null
          [[ $stopping ]] || cause=$2
          stopping=1
          [[ $work ]] || return 0
          family "$work"
          if ((${#found[@]})); then
            kill -TERM "${found[@]}" 2>/dev/null
          else  # It has not come so far that there is anybody to tell.
            kill -KILL "$work" 2>/dev/null
          fi
          { sleep "$grace"; kill -KILL "$work" 2>/dev/null; } &
          killer=$!
        }

        # Carries out what control has ordered since the last look. The file is there from the start and
        # only grows: a file that appeared later could stay unseen on a network file system for a while.
        look() {
          local orders order
          woken=1
          mapfile -t orders <"$directory/orders"
          for order in "${orders[@]:ordered}"; do
            case $order in
              'notice '*) tell "${order#notice }" ;;
              'stop '*) halt "${order#stop }" stopped ;;
              limit) halt 10000000 limit ;;
              disk) halt 0 disk ;;
            esac
          done
          ordered=${#orders[@]}
        }

        # Looks for a rank of a gang. No signal from outside reaches a rank alone: Slurm signals all
        # processes of a step, and those of the work that do not expect it would die.
        poll() {
          local idle count=0 orders
          exec {idle}<> <(:)
          while :; do
            read -r -t 0.25 -u "$idle"
            mapfile -t orders <"$directory/orders"
            ((${#orders[@]} > count)) && count=${#orders[@]} && kill -USR1 $$
          done
        }

        # Limits of our own, where Slurm sets none: control groups, which only root can make. Those of an
        # accelerator stay for whoever has it next, because making and removing them takes two programs.
        cage() {
          [[ $limits = groups ]] || return 0
          local name
          if [[ $accelerators ]]; then
            kept=1
            name=spillway-$mark-$SLURMD_NODENAME-${accelerators%%,*}
            name_groups "$name"
            [[ -d ${groups[2]} ]] || mkdir "${groups[@]}" 2>/dev/null
            is_empty && set_limits && return 0
            kept=''
          fi
          name_groups "spillway-$lease-$rank"
          mkdir "${groups[@]}" 2>/dev/null && set_limits && return 0
          groups=()
          [[ $internal ]] || refuse "no memory limit can be set on $SLURMD_NODENAME"
        }

        name_groups() {
          local group
          groups=()
          for group in memory pids cpu; do groups+=("/sys/fs/cgroup/$group/$1"); done
        }

        # Whether nothing runs in the groups: something of whoever had them last may still be ending.
        is_empty() {
          local group process
          for group in "${groups[@]}"; do
            read -r process <"$group/cgroup.procs" && return 1
          done 2>/dev/null
          [[ -d ${groups[0]} ]]
        }

        set_limits() {
          {
            echo "$((memory_mib << 20))" >"${groups[0]}/memory.limit_in_bytes" &&
              echo "$most_processes" >"${groups[1]}/pids.max" &&
              echo "$((cpu_thousandths * 100))" >"${groups[2]}/cpu.cfs_quota_us"
          } 2>/dev/null || return
          count_ooms
          earlier_ooms=$ooms
        }

        # How often the kernel has ended a process of the groups for want of memory.
        count_ooms() {
          local name count
          ooms=0
          while read -r name count; do
            [[ $name = oom_kill ]] && ooms=$count
          done 2>/dev/null <"${groups[0]-/none}/memory.oom_control"
        }

        was_out_of_memory() {
          local file name count
          count_ooms
          ((ooms > earlier_ooms)) && return 0
          find_slurm_group
          for file in "$slurm_group/memory.oom_control" "$slurm_group/memory.events"; do
            [[ -r $file ]] || continue
            while read -r name count; do
              [[ $name = oom_kill ]] && ((count > 0)) && return 0
            done <"$file"
          done
          return 1
        }

        # The control group that Slurm made for this step, if it did.
        find_slurm_group() {
          local line path
          slurm_group=/none
          [[ $limits = slurm ]] || return 0
          while IFS= read -r line; do
            path=${line#*:*:}
            case $line in
              *:memory:*) slurm_group=/sys/fs/cgroup/memory$path ;;
              0::*) [[ $slurm_group = /none ]] && slurm_group=/sys/fs/cgroup$path ;;
            esac
          done </proc/self/cgroup
        }

        # Accelerators that Slurm gave us here, by their number on the node.
        find_accelerators() {
          local list=${SLURM_STEP_GPUS:-${SLURM_JOB_GPUS:-}} part number name
          accelerators=''
          for part in ${list//,/ }; do
            for ((number = ${part%-*}; number <= ${part#*-}; number++)); do
              accelerators+=${accelerators:+,}$number
              [[ -e /dev/nvidia$number ]] && options+=(--dev-bind "/dev/nvidia$number" "/dev/nvidia$number")
            done
          done
          [[ $list ]] || return 0
          for name in nvidiactl nvidia-uvm nvidia-uvm-tools nvidia-modeset nvidia-caps infiniband; do
            options+=(--dev-bind-try "/dev/$name" "/dev/$name")
          done
          options+=(--ro-bind-try /sys /sys --tmpfs /sys/fs/cgroup)
        }

        # Mebibytes of files without a name that the work has open.
        hidden_mib() {
          local process files=() kind blocks links place total=0
          local -A seen=()
          family "$work"
          for process in "${found[@]}"; do files+=(/proc/"$process"/fd/*); done
          ((${#files[@]})) && while read -r links blocks place kind; do
            [[ $links = 0 && $kind = regular* && ! ${seen[$place]-} ]] || continue
            seen[$place]=1
            ((total += blocks))
          done < <(stat -L -c '%h %b %d:%i %F' -- "${files[@]}" 2>/dev/null)
          echo $((total / 2048))
        }

        # Watches the time, from `started` on, and the disk from beside the work.
        watch() {
          local step used
          while :; do
            step=10
            [[ $time_limit ]] && ((step = time_limit - (SECONDS - started), step = step > 10 ? 10 : step))
            ((step > 0)) && sleep "$step"
            if [[ $time_limit ]] && ((SECONDS - started >= time_limit)); then
              echo limit >>"$directory/orders"
              break
            fi
            used=0
            while read -r used _; do :; done < <(du -sxcm "$directory/workspace" \
              "$directory"/log-* \
              2>/dev/null)
            if ((used + $(hidden_mib) > disk_mib)); then
              echo disk >>"$directory/orders"
              break
            fi
          done
          kill -USR1 $$  # Ranks of a gang look by themselves.
        }

        # Starts the work of this rank and waits for its end; leaves its exit code in `code`.
        run_rank() {
          local name
          told=$directory/told-$rank
          trap 'look; start_watcher' USR1
          # Slurm's own end, which all processes hear.
          trap 'woken=1 stopping=1 cause=cancelled; kill -TERM "$work" 2>/dev/null' TERM
          type -P bwrap >/dev/null || refuse "bubblewrap is not installed on $SLURMD_NODENAME"
          find_accelerators
          cage
          options+=(
            --bind "$directory/workspace" /workspace --ro-bind "$told" /workspace/.spillway
            "${mounts[@]}" --remount-ro / --remount-ro /proc --chdir /workspace --clearenv
            "${environment[@]}"
            --setenv SPILLWAY_RANK "$rank" --setenv SPILLWAY_ACCELERATORS "$accelerators"
          )
          for name in CUDA_VISIBLE_DEVICES ROCR_VISIBLE_DEVICES ZE_AFFINITY_MASK; do
            [[ ${!name-} ]] && options+=(--setenv "$name" "${!name}")
          done
          # In a file: a command line is for everybody's eyes.
          printf '%s\0' "${options[@]}" >"$directory/options-$rank"
          look
          code=0
          if [[ ! $stopping ]]; then
            open_door
            set -m
            (
                for name in "${groups[@]}"; do echo 0 >"$name/cgroup.procs" || exit 125; done
              ulimit -c 0
              ulimit -n 4096
              ulimit -f $((disk_mib * 1024))
              ((EUID)) && ulimit -u "$most_processes"
              exec 9>&"$door_in" {door_out}<&- {door_in}>&-
              exec bwrap --args 11 --json-status-fd 12 -- \
                /bin/sh -c 'echo >&9; exec 9>&-; exec "$@"' work "${command[@]}" \
                11<"$directory/options-$rank" 12>&9 </dev/null >>"$directory/log-$rank" 2>&1
            ) &
            work=$! started=$SECONDS
            exec {door_in}>&-
            look
            ((${#nodes[@]} > 1)) && start_watcher
            listen
            wait_for_work
            made_sandbox || refuse \
              "the sandbox on $SLURMD_NODENAME could not be made (code $code); its log says why"
          fi
          if [[ $cause = exited ]] && ((code == 137)) && was_out_of_memory; then cause=memory; fi
          now
          ended_at=$moment
          [[ $killer ]] && kill -TERM -- "-$killer" 2>/dev/null
          open_cage
        }

        # The pipe by which the sandbox is heard of: the one that was laid out for this rank, which costs no
        # process, or one of our own where the shared directory can have none.
        open_door() {
          local both laid=$directory/door-$rank
          if [[ -p $laid ]]; then exec {both}<>"$laid"; else exec {both}<> <(:); fi
          exec {door_out}<"/dev/fd/$both" {door_in}>"/dev/fd/$both" {both}>&-
        }

        # Hears of the sandbox until it stands, and a moment longer: work that ends at once needs no watcher.
        listen() {
          local line
          while [[ ! $stands ]] && read -r -u "$door_out" line; do hear; done
          while [[ $stands && ! $exit_code ]] && read -r -t 1 -u "$door_out" line; do hear; done
          [[ $exit_code ]] || start_watcher
        }

        # A line from the sandbox. First bubblewrap says where it is; an empty line says that it stands, and
        # the work is billed from there on, a gang's with its rank 0; at last there is the exit code.
        hear() {
          case $line in
            '')
              [[ $stands ]] && return
              stands=1
              ((rank == 0)) || return
              now
              printf '%s\n' "$moment" >"$directory/began" && : >"$shared/changes/$lease.started"
              ;;
            *'"exit-code": '*)
              line=${line#*'"exit-code": '}
              exit_code=${line%%[!0-9]*}
              ;;
            *) [[ $stands ]] || printf '%s\n' "$line" >"$directory/status-$rank" ;;
          esac
        }

        start_watcher() {
          [[ $work && ! $watcher ]] || return 0
          if ((${#nodes[@]} > 1)); then poll & else watch & fi
          watcher=$!
        }

        # The last processes may need a moment to leave their groups.
        open_cage() {
          local attempt group
          [[ $kept ]] && return 0
          for attempt in {1..50}; do
            ((${#groups[@]})) || return 0
            rmdir "${groups[@]}" 2>/dev/null && return 0
            for group in "${!groups[@]}"; do [[ -e ${groups[group]} ]] || unset "groups[group]"; done
            ((${#groups[@]})) && sleep 0.02
          done
        }

        # Whether bubblewrap made the sandbox; takes the work's exit code from what it said.
        made_sandbox() {
          local line
          while [[ ! $exit_code ]] && read -r -t 1 -u "$door_out" line; do hear; done
          [[ $exit_code ]] && code=$exit_code && return 0
          [[ $stopping ]] || ((code == 137))
        }

        is_alive() {
          local line
          { read -r line <"/proc/$1/stat"; } 2>/dev/null && [[ ${line##*) } != [ZX]* ]]
        }

        wait_for_work() {
          woken=''
          wait "$work"
          code=$?
          if [[ $woken ]]; then
            # Once a trap has interrupted its `wait`, bash may hear of no child's end any more; and a `read`
            # that is interrupted forgets its time limit.
            while is_alive "$work"; do
              if [[ $stopping ]]; then sleep 0.05; else sleep 0.2; fi
            done
            code=137
          fi
          [[ $watcher ]] && kill -TERM -- "-$watcher" 2>/dev/null
          watcher=''
        }

        # Writes the claim if nobody has: whoever does may run the work, and nobody else ever.
        claim() {
          set -C
          { printf 'job %s\n' "$SLURM_JOB_ID" >"$directory/claim"; } 2>/dev/null || exit 0
          set +C
        }

        # Several nodes: a rank on each, under srun; the first that fails ends all.
        run_gang() {
          local file moment_of cause_of code_of why earliest='' ends=0
          trap 'woken=1' USR1
          trap 'woken=1 cause=cancelled; kill -TERM "$work" 2>/dev/null' TERM
          set -m
          SPILLWAY_PART=rank srun --nodes="${#nodes[@]}" --ntasks="${#nodes[@]}" --ntasks-per-node=1 \
            --cpus-per-task="$cpus" --kill-on-bad-exit=1 --wait=0 --mpi=none --export=ALL \
            "$BASH" "$directory/run" </dev/null >>"$directory/slurm.log" 2>&1 &
          work=$! started=$SECONDS
          watch &
          watcher=$!
          wait_for_work
          for file in "$directory"/exit-*; do
            ((ends++))
            { read -r cause_of moment_of code_of why <"$file"; } 2>/dev/null || continue
            if [[ $cause_of = exited && $code_of = 0 ]]; then continue; fi
            if [[ ! $earliest ]] || ((moment_of < earliest)); then
              earliest=$moment_of cause=$cause_of code=$code_of refusal=$why
            fi
          done
          # A rank that says nothing has gone with its node, whose end Slurm has told the others by signals:
          # where the work heard of it before its rank did, that is no end of its own.
          if ((ends < ${#nodes[@]})) && [[ $cause = exited && $code = @(137|143) ]]; then earliest=''; fi
          if [[ ! $earliest ]]; then
            if ((ends == ${#nodes[@]})); then code=0; else cause=lost; fi
          fi
          now
          ended_at=$moment
        }

        shopt -s nullglob
        if [[ ${SPILLWAY_PART-} = rank ]]; then
          for rank in "${!nodes[@]}"; do [[ ${nodes[rank]} = "$SLURMD_NODENAME" ]] && break; done
          result=exit-$rank
          run_rank
          printf '%s %s %s\n' "$cause" "$ended_at" "$code" >"$directory/$result"
          exit "$code"
        fi
        result=ended
        claim
        refusal=''
        if ((${#nodes[@]} > 1)); then
          run_gang
        else
          rank=0
          run_rank
        fi
        printf '%s %s %s %s\n' "$cause" "$ended_at" "$code" "$refusal" >"$directory/ended"
        : >"$shared/changes/$lease.ended"
        exit "$code"

        """#
}
