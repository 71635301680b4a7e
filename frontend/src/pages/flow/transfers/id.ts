const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const ID_MOST = Number.MAX_SAFE_INTEGER;

/** How a transfer is asked for. */
export type TransferId = { readonly transaction_id: number } | { readonly uuid: string };

/** What a text names: a transaction by its number, or a transfer by its uuid; null for neither. */
export function transferId(text: string): TransferId | null {
  const tidy = text.trim().toLowerCase();
  if (UUID.test(tidy)) return { uuid: tidy };
  if (!/^\d{1,16}$/.test(tidy)) return null;
  const id = Number(tidy);
  return id > 0 && id <= ID_MOST ? { transaction_id: id } : null;
}

/** Where the journey of a transfer is. */
export function journeyHref(id: string | number, aroundMs: number | null = null): string {
  return `/flow/transfer/${id}${aroundMs === null ? '' : `?around=${aroundMs}`}`;
}
