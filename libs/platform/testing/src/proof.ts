/** `short` in `npm test`, `long` in `npm run prove`: how many rounds, requests or rows a proof takes. */
export function proof<T>(short: T, long: T): T {
  return process.env.ATOLL_PROVE ? long : short;
}
