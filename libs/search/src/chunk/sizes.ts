/** Sizes in model tokens (estimated). A passage must carry a thought and leave room for several in a model's question. */
export interface ChunkSizes {
  target: number;
  max: number;
  /** Left-overs of a section below this go to the passage before. */
  tiny: number;
  /** Whole sections below this are joined with their neighbours: a heading with a few words is no passage of its own. */
  tinySection: number;
  /** The last sentence of a passage is said again by the next one, unless it is longer than this. */
  overlap: number;
}

export const CHUNK_SIZES: ChunkSizes = { target: 260, max: 350, tiny: 60, tinySection: 12, overlap: 50 };
