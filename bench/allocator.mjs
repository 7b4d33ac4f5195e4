/**
 * Environment that makes glibc keep freed memory and use huge pages. It avoids page faults, which alone make PyTorch
 * about half as fast, so a fair comparison uses it.
 */
export const TUNED = {
  MALLOC_MMAP_THRESHOLD_: String(2 ** 40),
  MALLOC_TRIM_THRESHOLD_: String(2 ** 40),
  MALLOC_TOP_PAD_: String(2 ** 26),
  GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
  THP_MEM_ALLOC_ENABLE: '1',
}
