// Knows the command `audit`: the graph against its rules, a report as JSON, sentences for people.
import type { Config } from '../config.ts'
import { auditGraph } from '../transfer/audit.ts'
import { say } from './connect.ts'
import { print, withApi } from './with-api.ts'

export type AuditCommand = { data: string; repair?: boolean }

/** Answers 0 where the graph is clean, or is so now, else 1. */
export function audit(config: Config, command: AuditCommand): Promise<number> {
  return withApi(config, command.data, async (api) => {
    const report = await auditGraph(api, command.repair === true, say)
    print(report)
    if (report.clean)
      say(
        report.repaired > 0
          ? `The graph is clean now; ${report.repaired} things were mended.`
          : 'The graph is clean.',
      )
    else
      say(
        command.repair === true
          ? 'The graph is still not clean: run audit again to see what is left.'
          : 'The graph is not clean: audit --repair mends it.',
      )
    return report.clean ? 0 : 1
  })
}
