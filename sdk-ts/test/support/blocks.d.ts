export const BLOCK: number
export const BLOCKS: number
export function block(round: number): Uint8Array<ArrayBuffer>
