import { COMPANY_IBAN, grouped } from '../iban/iban';
import type { Texts } from '../i18n/en';

/** The other side of a transaction, for people. */
export function otherSide(fromTo: string, texts: Texts): string {
  if (fromTo === 'cash') return texts.cash;
  if (fromTo === COMPANY_IBAN) return texts.companyAccount;
  return grouped(fromTo);
}
