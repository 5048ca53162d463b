import { Injectable } from '@nestjs/common';
import { type Entry, {{Name}} } from './contract.js';
import { EntryService } from './entry/entry.service.js';

@Injectable()
export class {{Name}}Service extends {{Name}} {
  constructor(private readonly entries: EntryService) {
    super();
  }

  add(entry: Parameters<{{Name}}['add']>[0]): Promise<Entry> {
    return this.entries.add(entry);
  }

  latest({ limit }: Parameters<{{Name}}['latest']>[0]): Promise<Entry[]> {
    return this.entries.latest(limit);
  }
}
