import { dictionary } from '../../i18n/dictionary';

const en = {
  title: 'A bank made of events',
  lead: 'Every transfer here is an event in Kafka: decided once, kept for ever, and on your screen a few milliseconds later. Below is the bank’s own account, live.',
  become: 'Become a client',
  how: 'How it works',
  perSecond: 'transactions a second',
  perMinute: 'transactions in the last minute',
  lastMinute: 'The last minute of the bank’s own account, second by second',
  company: 'The bank’s own account',
};

const nl: typeof en = {
  title: 'Een bank van gebeurtenissen',
  lead: 'Elke overboeking is hier een gebeurtenis in Kafka: één keer besloten, voor altijd bewaard, en enkele milliseconden later op uw scherm. Hieronder staat de eigen rekening van de bank, live.',
  become: 'Word klant',
  how: 'Hoe het werkt',
  perSecond: 'transacties per seconde',
  perMinute: 'transacties in de laatste minuut',
  lastMinute: 'De laatste minuut van de eigen rekening van de bank, per seconde',
  company: 'De eigen rekening van de bank',
};

export const texts = dictionary({ en, nl });
