/** The account's regions, looked at again and again while somebody sees them. */
import type { Region } from '@inos/sdk'
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { inos } from './client'

/** How often the regions are looked at, in milliseconds. */
const LOOK_MS = 2_000
/** The most regions that are listed: an account has no more. */
const REGIONS_MAX = 1_000

/** The regions, by name. */
export function useRegions(): UseQueryResult<readonly Region[]> {
  return useQuery({
    queryKey: ['regions'],
    queryFn: async ({ signal }): Promise<readonly Region[]> => (await inos.regions.list({ signal, limit: REGIONS_MAX })).items,
    refetchInterval: LOOK_MS,
  })
}
