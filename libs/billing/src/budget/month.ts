/** First day of the month, UTC: the period of a budget. */
export function monthOf(time: Date): string {
  return `${time.toISOString().slice(0, 7)}-01`;
}

export function nextMonth(period: string): string {
  const first = new Date(`${period}T00:00:00Z`);
  return monthOf(new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 1)));
}
