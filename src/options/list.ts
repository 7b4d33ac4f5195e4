/** Whether `value` is a list that is not empty and all items satisfy the check. A gap in a list is not an item. */
export function isList(value: unknown, isItem: (item: unknown) => boolean): boolean {
  if (!Array.isArray(value) || value.length === 0) return false
  // every() would pass over the gaps.
  for (const item of value as readonly unknown[]) if (!isItem(item)) return false
  return true
}
