import { dictionary } from './dictionary';
import { en } from './en';
import { nl } from './nl';

/** The texts of the frame and of what several pages share. */
export const texts = dictionary({ en, nl });
