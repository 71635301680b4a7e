import type { Hop } from '../../../graphql/types';
import type { Language } from '../../../i18n/language.svelte';
import { formatDurations } from '../numbers';
import type { FlowTexts } from '../texts';
import type { Gap } from './waterfall';

/** What a hop is, for people. */
export function hopName(hop: Hop, t: FlowTexts): string {
  return hop.kind === 'PUBLISHED' && hop.account !== null ? t.changePublished : t.hops[hop.kind];
}

/** How long a gap is, for people; it is told where two clocks cannot both be right. */
export function gapText(gap: Gap, language: Language, t: FlowTexts): string {
  const text = `+${formatDurations(gap.leastUs, gap.mostUs, language)}`;
  return gap.mostUs < 0 ? `${text.slice(1)} (${t.clocks})` : text;
}

/** How exact a hop's clock is, for people. */
export function resolutionText(hop: Hop): string {
  return hop.resolution_us >= 1000 ? `${hop.resolution_us / 1000} ms` : `${hop.resolution_us} µs`;
}
