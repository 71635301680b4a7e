/** The bank's own account. */
export const COMPANY_IBAN = 'NL66OPEN0000000000';

const SHAPE = /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/;

/** An IBAN without spaces and in capitals; any other text as it is, without spaces around it. */
export function normalised(text: string): string {
  const compact = text.replaceAll(/\s/g, '').toUpperCase();
  return SHAPE.test(compact) ? compact : text.trim();
}

/** Whether it has the form of an IBAN, but check digits of another one: a slip of the pen. */
export function hasWrongCheckDigits(iban: string): boolean {
  return SHAPE.test(iban) && remainder(iban) !== 1n;
}

/** By ISO 13616: the first four characters behind the others, letters as 10 to 35, modulo 97. */
function remainder(iban: string): bigint {
  const digits = (iban.slice(4) + iban.slice(0, 4)).replaceAll(/[A-Z]/g, (letter) =>
    String(letter.charCodeAt(0) - 55),
  );
  return BigInt(digits) % 97n;
}

/** In groups of four, for people. */
export function grouped(iban: string): string {
  return SHAPE.test(iban) ? iban.replaceAll(/(.{4})(?=.)/g, '$1 ') : iban;
}
