/** What passing checks of a stage contribute to: NIST SP 800-207 §2.1 tenets and CISA ZTMM 2.0 functions. */
import type { Mapping } from '@lockgate/model'

export const segmentation: Mapping = { tenets: [1, 2], ztmm: ['Network Segmentation'] }
export const accessible: Mapping = { tenets: [1, 2], ztmm: ['Network Segmentation', 'Accessible Applications'] }
export const traffic: Mapping = { tenets: [1, 2], ztmm: ['Network Traffic Management'] }
export const visibility: Mapping = { tenets: [7], ztmm: ['Network Segmentation', 'Visibility and Analytics'] }
