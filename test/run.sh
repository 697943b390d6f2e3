#!/usr/bin/env bash
# npm test: sets everything up, runs npm run check and the real-kernel suite, and ends with "N passed, M failed".
# LVSCARE_KERNELS="6.1 6.12" chooses the kernels (CI runs both); LVSCARE_KERNELS=host uses this machine's own.
set -uo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." || exit 1
# shellcheck source=scripts/no-arguments.sh
. scripts/no-arguments.sh
REPORTS=${LVSCARE_CACHE:-.cache}/test
KERNELS=${LVSCARE_KERNELS:-$([[ ${CI:-} == true ]] && echo '6.1 6.12' || echo 6.1)}
# More tests than these are no bad luck.
MAX_UNSTEADY=5
# Tests that one kernel is enough for look which others there are.
export LVSCARE_KERNELS=$KERNELS
passed=0
failed=0
skipped=0

# Runs one check that counts as one test.
check() {
  printf '\n== %s\n' "$1"
  if "${@:2}"; then passed=$((passed + 1)); else failed=$((failed + 1)) && blame "$1"; fi
}

# Keeps the name of what failed: the names are printed at the end, because a log is mostly read from there.
blame() {
  local name
  for name in "$@"; do remark failed "$name"; done
}

remark() {
  printf '%s: %s\n' "$1" "$2" | tee -a "$REPORTS/remarks"
}

# Adds up what a report says: "PASSED FAILED SKIPPED". A run that failed without a failing test (it crashed, or found
# no test) counts as one failure.
count() {
  local status=$1 p=${2:-0} f=${3:-0} s=${4:-0}
  if ((status != 0 && f == 0)); then f=1; fi
  if ((p + f == 0)); then f=1; fi
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

# Runs the unit tests, all or those of some files, and keeps the report under a name.
vitest_run() {
  rm -f "$REPORTS/$1.json"
  npx vitest run --reporter=default --reporter=json --outputFile.json="$REPORTS/$1.json" "${@:2}"
}

# The few that failed get their second chance too: see MAX_UNSTEADY.
unit_tests() {
  printf '\n== unit tests\n'
  local status=0 p f s files
  vitest_run unit || status=$?
  read -r p f s <<<"$(node scripts/unit-report.mjs "$REPORTS/unit.json" counts)"
  mapfile -t files < <(node scripts/unit-report.mjs "$REPORTS/unit.json" files)
  if ((status != 0 && ${f:-0} > 0 && f <= MAX_UNSTEADY)); then
    printf '\n== unit tests: %s failed, run again: %s\n' "$f" "${files[*]}"
    if vitest_run unit-again "${files[@]}"; then
      remark unsteady "unit tests, passed only when run again: ${files[*]}"
      p=$((p + f)) f=0 status=0
    fi
  fi
  if ((status != 0)); then blame_all < <(node scripts/unit-report.mjs "$REPORTS/unit.json" failures); fi
  count "$status" "${p:-0}" "${f:-0}" "${s:-0}"
}

# Blames what is named on standard input, a line each; a run that failed and names nothing is blamed itself.
blame_all() {
  local names
  mapfile -t names
  if ((${#names[@]} == 0)); then names=('a run that ended without the name of a test'); fi
  blame "${names[@]}"
}

# The suite on one kernel: in a virtual machine, or where asked in a fresh network namespace of this one.
run_kernel() {
  local kernel=$1 results=$REPORTS/kernel-$1${2:+-$2}
  mkdir -p "$results"
  if [[ $kernel == host ]]; then
    LVSCARE_RESULTS=$results LVSCARE_SUITE_ON=host test/kernel/in-namespace.sh test/kernel/suite.sh
  else
    LVSCARE_VM_KERNEL=$kernel test/vm/run.sh --limit 3900 --results "$results" -- test/kernel/suite.sh
  fi
}

# What the runner counted: "PASSED FAILED SKIPPED".
counted() {
  local word
  for word in pass fail skipped; do sed -n "s/^ℹ $word \([0-9]*\)$/\1/p" "$1" | tail -n 1; done
}

# A machine that is emulated on busy processors stumbles now and then. The files of the few tests that failed are run
# again, alone, on a fresh one: who passes there was unsteady, is named, and counts as passed. Who fails twice has failed.
count_kernel() {
  local kernel=$1 status=$2 results=$REPORTS/kernel-$1 files p f s
  read -r p f s <<<"$(counted "$results/suite.log" | xargs)"
  if ((status != 0 && ${f:-0} > 0 && f <= MAX_UNSTEADY)); then
    files=$(node scripts/failed-files.mjs "$results/suite.log" test/dist/suite.mjs)
    printf '\n== kernel %s: %s failed, run again: %s\n' "$kernel" "$f" "$files"
    if [[ -n $files ]] && run_again "$kernel" "$files"; then
      remark unsteady "kernel $kernel, passed only when run again: $files"
      p=$((p + f)) f=0 status=0
    fi
  fi
  if ((status != 0)); then blame_all < <(sed -n "/^✖ failing tests:/,\$s/^✖ \(.*[^:]\)$/kernel $kernel: \1/p" "$results/suite.log"); fi
  count "$status" "${p:-0}" "${f:-0}" "${s:-0}"
}

run_again() {
  local kernel=$1 dist=test/dist-again-$1 status=0
  LVSCARE_TEST_DIST=$dist LVSCARE_ONLY=$2 node scripts/build-tests.mjs || return 1
  export LVSCARE_TEST_DIST=$dist
  run_kernel "$kernel" again || status=$?
  unset LVSCARE_TEST_DIST
  rm -rf "$dist"
  return "$status"
}

# One kernel after the other prints as it goes; several at once, one on each processor, print when they are done.
kernel_suites() {
  local kernel status
  local -A pids=()
  for kernel in $KERNELS; do rm -rf "$REPORTS/kernel-$kernel" && mkdir -p "$REPORTS/kernel-$kernel"; done
  if (($(wc -w <<<"$KERNELS") > 1 && $(nproc) > 1)); then
    printf '\n== the suite on real kernels, side by side: %s\n' "$KERNELS"
    for kernel in $KERNELS; do
      run_kernel "$kernel" >"$REPORTS/kernel-$kernel/output.log" 2>&1 &
      pids[$kernel]=$!
    done
  fi
  for kernel in $KERNELS; do
    printf '\n== the suite on a real kernel: %s\n' "$kernel"
    status=0
    if [[ -n ${pids[$kernel]:-} ]]; then
      wait "${pids[$kernel]}" || status=$?
      cat "$REPORTS/kernel-$kernel/output.log"
    else
      run_kernel "$kernel" || status=$?
    fi
    count_kernel "$kernel" "$status"
  done
}

bash scripts/setup.sh || exit 1
mkdir -p "$REPORTS" && rm -f "$REPORTS/remarks"
# The second FFI binding cannot be installed everywhere; its tests say so where it is missing.
bash scripts/ffi-napi.sh
check 'format' npm run --silent check:format
check 'lint' npm run --silent check:lint
check 'types' npm run --silent check:types
check 'API reference' npm run --silent check:api
check 'licences of dependencies' npm run --silent check:licenses
check 'version' npm run --silent check:version
unit_tests
# Before the suite: it runs the image too.
check 'image' scripts/image/compare.sh
if bash scripts/single-file.sh && node scripts/build-tests.mjs; then
  kernel_suites
else
  failed=$((failed + 1)) && blame 'the build of the suite'
fi

line="$passed passed, $failed failed"
if ((skipped > 0)); then line+=", $skipped skipped"; fi
touch "$REPORTS/remarks"
{ cat "$REPORTS/remarks" && printf '%s\n' "$line"; } >"$REPORTS/summary"
# CI prints it itself, as its very last line.
if [[ ${LVSCARE_SUMMARY:-} != later ]]; then cat "$REPORTS/summary"; fi
((failed == 0))
