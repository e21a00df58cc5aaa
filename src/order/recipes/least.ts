/** If reports tell different texts, the lesser one wins, so that reports commute (law L3). */
export function leastText(known: string | null, told: string | null): string | null {
  if (known === null || told === null) return known ?? told;
  return told < known ? told : known;
}
