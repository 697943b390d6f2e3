/**
 * Why a test is not run here: it asks nothing of a kernel's version, takes minutes in emulation, and the other kernel of the
 * same run has it. `false` where that one is not run, or this is it.
 */
export function ranOn(kernel: '6.1' | '6.12'): string | false {
  const kernels = process.env['LVSCARE_KERNELS']?.split(' ') ?? []
  if (process.env['LVSCARE_VM_KERNEL'] === kernel || !kernels.includes(kernel)) return false
  return `${kernel} of the same run has it`
}
