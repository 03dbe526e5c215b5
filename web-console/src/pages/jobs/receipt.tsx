/** A job's receipt: what the node stated and signed, and whether that holds, found out in this page. */
import type { Job, SignedReceipt } from '@inos/sdk'
import { isFinal } from '@inos/sdk'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Check, X } from 'lucide-react'
import { inos } from '../../data/client'
import { save } from '../../data/save'
import { bytes } from '../../format'
import { CopyButton, Empty, Facts, Id, Money, Trouble, Waiting, When } from '../../ui/parts'

/** The most bytes of outputs that are fetched anew to be hashed. */
const OUTPUT_BYTES_MAX = 64 << 20

/** One thing that was checked. */
export interface Finding {
  words: string
  /** What is wrong with it, if anything is. */
  fault: string | undefined
}

/** Checks a receipt in this page: signature and path, the node, and the outputs' bytes where they can be had. */
export async function check(receipt: SignedReceipt, job: Job, input?: Blob): Promise<Finding[]> {
  const { verifyReceipt, ReceiptError } = await import('@inos/sdk/receipts')
  const tried = async (words: string, expected: Parameters<typeof verifyReceipt>[1]): Promise<Finding> => {
    try {
      await verifyReceipt(receipt, expected)
      return { words, fault: undefined }
    } catch (error) {
      if (error instanceof ReceiptError) return { words, fault: error.message }
      throw error
    }
  }
  const { id } = await inos.node.get()
  const findings = [
    await tried('The signature covers this receipt, over its path to the signed root', {}),
    await tried(`It was signed by this node, ${id.slice(0, 12)}…`, { nodeKey: id }),
  ]
  if (input) findings.push(await tried('The input is your file, byte for byte', { input }))
  const length = job.outputs.reduce((sum, output) => sum + output.bytes, 0)
  if (job.outputs_kept && job.outputs.length > 0 && length <= OUTPUT_BYTES_MAX) {
    const output = await Promise.all(job.outputs.map(async (_, at) => (await inos.jobs.output(job.id, at)).bytes))
    findings.push(await tried(`The outputs, ${bytes(length)}, are those that were signed`, { output }))
  }
  return findings
}

/** The receipt of a job. */
export function ReceiptView({ job }: { job: Job }) {
  const ended = isFinal(job.state)
  const { data, error, refetch } = useQuery({
    queryKey: ['receipt', job.id],
    queryFn: ({ signal }) => inos.jobs.receipt(job.id, { signal }),
    enabled: ended,
    staleTime: Infinity,
  })
  if (!ended) {
    return (
      <Empty title="Not yet">
        <p>The node signs a receipt when the job has ended, in the same commit that moves the credits.</p>
      </Empty>
    )
  }
  if (error) return <Trouble error={error} again={() => void refetch()} />
  if (!data) return <Waiting label="Loading the receipt" />
  return <Signed job={job} signed={data} />
}

function Signed({ job, signed }: { job: Job; signed: SignedReceipt }) {
  const { receipt, root, index } = signed
  const verifying = useMutation({ mutationFn: () => check(signed, job) })
  return (
    <div className="stack wide">
      <div className="row">
        <button type="button" className="button primary" disabled={verifying.isPending} onClick={() => verifying.mutate()}>
          Verify in this page
        </button>
        <button type="button" className="button" onClick={() => save(JSON.stringify(signed, null, 2), 'application/json', `receipt-${job.id}`)}>
          Save
        </button>
        <CopyButton text={`inos verify receipt-${job.id}.json`} label="Copy the command" words="Copy the command" />
      </div>
      {verifying.data && <Findings findings={verifying.data} />}
      {verifying.error && <Trouble error={verifying.error} />}
      <Facts
        facts={[
          ['Ended', receipt.state],
          ['Cost', <Money key="cost" amount={receipt.cost} />],
          ['Method', `${receipt.unit}.${receipt.method}, version ${receipt.version}`],
          ['Asked', <Id key="asked" id={receipt.capsule} />],
          ...receipt.inputs.map((hash, at) => [`Input ${at}`, <Id key={at} id={hash} />] as const),
          ...receipt.outputs.map((hash, at) => [`Output ${at}`, <Id key={at} id={hash} />] as const),
          ['Node', <Id key="node" id={receipt.node} />],
          ['Commit', `${receipt.sequence}, receipt ${index} of ${root.count}`],
          ['Signed', <When key="signed" at={root.signed} />],
          ['Root', <Id key="root" id={root.root} />],
          ['Signature', <Id key="signature" id={root.signature} />],
        ]}
      />
    </div>
  )
}

/** What a check found, thing by thing. */
export function Findings({ findings }: { findings: readonly Finding[] }) {
  const holds = findings.every(({ fault }) => fault === undefined)
  return (
    <div className={holds ? 'findings' : 'findings bad'} role="status">
      <h3>{holds ? 'Verified in this page' : 'This receipt does not hold'}</h3>
      <ul>
        {findings.map(({ words, fault }) => (
          <li key={words}>
            {fault === undefined ? <Check aria-label="holds" /> : <X aria-label="does not hold" />}
            <span>
              {words}
              {fault !== undefined && <strong>: {fault}</strong>}
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}
