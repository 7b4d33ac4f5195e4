/**
 * Environment that makes glibc keep freed memory and use huge pages. It spares PyTorch the page faults that alone make it about half as
 * fast: the fair opponent has it.
 */
export const TUNED = {
  MALLOC_MMAP_THRESHOLD_: String(2 ** 40),
  MALLOC_TRIM_THRESHOLD_: String(2 ** 40),
  MALLOC_TOP_PAD_: String(2 ** 26),
  GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
  THP_MEM_ALLOC_ENABLE: '1',
}
