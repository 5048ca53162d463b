/** Which methods a path takes: asked only where the router found none for the request's own. */
export class MethodsByPath {
  private readonly routes: { methods: string[]; path: RegExp }[] = [];

  /** `url` with `:id` for parameters, and `*` for whatever follows; what takes every path (a preflight) names none. */
  add(methods: string | string[], url: string): void {
    if (url === '*') return;
    const path = url.split(/(:\w+|\*)/).map((part) => (part.startsWith(':') ? '[^/]+' : part === '*' ? '.*' : part.replaceAll('.', '\\.')));
    this.routes.push({ methods: [methods].flat(), path: new RegExp(`^${path.join('')}$`) });
  }

  /** Empty where `method` is one of them, or nothing has that path. */
  besides(method: string, url: string): string[] {
    const path = url.split('?', 1)[0]!;
    const methods = new Set(this.routes.filter((route) => route.path.test(path)).flatMap((route) => route.methods));
    return methods.has(method) ? [] : [...methods].sort();
  }
}
