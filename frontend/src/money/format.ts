/** Cents as the endpoint writes them: `€1.234,56`, `€-500,00`. */
export function formatCents(cents: bigint | string): string {
  const value = BigInt(cents);
  const digits = (value < 0n ? -value : value).toString().padStart(3, '0');
  const euros = digits.slice(0, -2).replaceAll(/\B(?=(\d{3})+$)/g, '.');
  return `€${value < 0n ? '-' : ''}${euros},${digits.slice(-2)}`;
}
