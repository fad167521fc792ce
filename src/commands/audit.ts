// The command `audit`: checks the graph against its rules and prints a report as JSON.
import type { Config } from '../config.ts'
import { patientGraph } from '../graph/patient.ts'
import { auditGraph } from '../transfer/audit/audit.ts'
import { say } from './connect.ts'
import { print, withParts } from './with-parts.ts'

export type AuditCommand = { data: string; repair?: boolean }

/** Resolves with 0 if the graph is clean, perhaps after the repair, and with 1 otherwise. */
export function audit(config: Config, command: AuditCommand): Promise<number> {
  return withParts(config, command.data, async (given) => {
    const parts = { ...given, graph: patientGraph(given.graph, say) }
    const report = await auditGraph(parts, command.repair === true, say)
    print(report)
    if (report.clean)
      say(
        report.repaired > 0
          ? `The graph is clean now, after ${report.repaired} repairs.`
          : 'The graph is clean.',
      )
    else
      say(
        command.repair === true
          ? 'The graph is still not clean: run audit again to see what is left.'
          : 'The graph is not clean: run audit --repair to repair it.',
      )
    return report.clean ? 0 : 1
  })
}
