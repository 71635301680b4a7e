/** The most that one transfer moves: GraphQL's Int. */
export const AMOUNT_MAX_CENTS = 2_147_483_647n;

/** Why a text is no amount. */
export type AmountRefusal = 'empty' | 'unclear' | 'not-positive' | 'too-large';

/** What a text means as an amount. */
export type Amount =
  | { readonly cents: bigint; readonly refusal?: never }
  | { readonly refusal: AmountRefusal; readonly cents?: never };

const DIGITS_ALONE = /^\d+$/;
/** Euros in Dutch: points between thousands, a comma before the cents, or `,-` for none. */
const DUTCH = /^(?<euros>\d+|\d{1,3}(?:\.\d{3})+)(?:,(?<cents>\d{1,2}|-{1,2}))?$/;
/** Euros in English, where no Dutch amount looks the same: with a point and two digits at the end. */
const ENGLISH = /^(?<euros>\d+|\d{1,3}(?:,\d{3})+)\.(?<cents>\d{2})$/;

/** What an amount means: digits alone are cents, anything with a euro sign, a comma or a point is euros. */
export function parseAmount(text: string): Amount {
  const compact = text.replaceAll(/\s/g, '');
  if (compact === '') return { refusal: 'empty' };
  if (DIGITS_ALONE.test(compact)) return bounded(BigInt(compact));
  const bare = compact.replace(/^-?(?:€|EUR)/i, (sign) => (sign.startsWith('-') ? '-' : ''));
  if (bare.startsWith('-'))
    return { refusal: parseEuros(bare.slice(1)) === undefined ? 'unclear' : 'not-positive' };
  const cents = parseEuros(bare);
  return cents === undefined ? { refusal: 'unclear' } : bounded(cents);
}

function parseEuros(text: string): bigint | undefined {
  const groups = (DUTCH.exec(text) ?? ENGLISH.exec(text))?.groups;
  if (!groups) return undefined;
  const euros = BigInt((groups.euros ?? '').replaceAll(/[.,]/g, ''));
  const cents = (groups.cents ?? '').replaceAll('-', '').padEnd(2, '0');
  return euros * 100n + BigInt(cents);
}

function bounded(cents: bigint): Amount {
  if (cents <= 0n) return { refusal: 'not-positive' };
  if (cents > AMOUNT_MAX_CENTS) return { refusal: 'too-large' };
  return { cents };
}
