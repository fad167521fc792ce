#!/usr/bin/env node
// Knows the program `follow-graph`: a subcommand a line; each lives in src/commands/.
import { readFileSync } from 'node:fs'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { createClient, createToken, createUser, UsageError } from './commands/accounts.ts'
import { type AuditCommand, audit } from './commands/audit.ts'
import { say } from './commands/connect.ts'
import { type ExportCommand, exportFiles } from './commands/export.ts'
import { type ImportCommand, importFiles } from './commands/import.ts'
import { neo4j } from './commands/neo4j.ts'
import { type PictureCommand, picture } from './commands/picture.ts'
import { serve } from './commands/serve.ts'
import { print, withApi } from './commands/with-api.ts'
import { ConfigError, ownDatabaseSettings, readConfig, settingsHelp } from './config.ts'
import { migrate } from './graph/schema.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}

const port = (text: string): number => {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535 || Number(text) === 0)
    throw new InvalidArgumentError('It must be a port from 1 to 65535.')
  return Number(text)
}

/** Runs one command line; answers the exit status: 0 done, 1 failed, 2 wrong usage. */
async function main(argv: string[]): Promise<number> {
  let status = 0
  const program = new Command('follow-graph')
  program
    .description('The App.net User Following API on a real Neo4j.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('Run with --help to see what there is.')
  const command = (parent: Command, usage: string, about: string) =>
    parent
      .command(usage)
      .description(about)
      .exitOverride()
      .option('--data <dir>', 'folder of the database of its own', '.follow-graph')
  const does =
    <T extends unknown[]>(work: (...args: T) => Promise<number>) =>
    async (...args: T) => {
      status = await work(...args)
    }

  command(program, 'serve', 'the HTTP service; without NEO4J_URI it starts a Neo4j of its own')
    .option('--sample', 'put a sample community into an empty graph, print two tokens and five lines to try')
    .addHelpText('after', () => `\nSettings (environment variables, default in brackets):\n${settingsHelp()}`)
    .action(does((options: { data: string; sample?: boolean }) => serve(readConfig(), options)))
  command(program, 'neo4j', 'only the database of its own, in the foreground')
    .option('--port <port>', 'its Bolt port', port)
    .action(
      does((options: { data: string; port?: number }) =>
        neo4j({ ...options, say, ...ownDatabaseSettings(readConfig()) }),
      ),
    )
  command(program, 'migrate', 'apply the schema and exit; serve does it too').action(
    does((options: { data: string }) =>
      withApi(readConfig(), options.data, async (api) => {
        await migrate(api.graph)
        const rows = await api.graph.read(
          'schema/applied',
          'MATCH (m:Migration) RETURN m.name ORDER BY m.number',
        )
        print({ migrations: rows.map(([name]) => name) })
        return 0
      }),
    ),
  )
  command(
    program,
    'import',
    'users and follows from CSV or JSON lines, gzip or not; running it again changes nothing; long files into an empty database of its own go by the fast road',
  )
    .option('--users <file>', 'id,username,name,type,description,… in any order (- is stdin)')
    .option('--follows <file>', 'follower_id,followee_id[,followed_at,id] (- is stdin)')
    .option('--mutes <file>', 'muter_id,muted_id[,muted_at,id] (- is stdin)')
    .option('--blocks <file>', 'blocker_id,blocked_id[,blocked_at,id] (- is stdin)')
    .option(
      '--as <user>',
      'the files are lists that Mastodon exported for this user (an id or @name): Account address,…',
    )
    .option('--strict', 'stop at the first bad line')
    .option('--reject <file>', 'put bad lines into this file as they stand, to be mended and imported')
    .option('--known-users', 'refuse follows of unknown ids instead of making those users')
    .option('--replace', 'what the file says of a user or a pair replaces what is stored, as a whole')
    .option('--dry-run', 'check the files and count what would be written; write nothing')
    .action(does((options: ImportCommand) => importFiles(readConfig(), options)))
  command(
    program,
    'export',
    'users and follows into files that import takes again, in order of id; the hot backup',
  )
    .option('--users <file>', 'CSV, JSON lines if the name ends in .jsonl, gzip if in .gz (- is stdout)')
    .option('--follows <file>', 'the same')
    .option('--mutes <file>', 'the same')
    .option('--blocks <file>', 'the same')
    .action(does((options: ExportCommand) => exportFiles(readConfig(), options)))
  command(program, 'audit', 'check the graph against its rules and print what is wrong as JSON')
    .option('--repair', 'mend what is wrong')
    .action(does((options: AuditCommand) => audit(readConfig(), options)))
  command(program, 'picture', 'draw who follows whom among the most followed users, as SVG on stdout')
    .option('--users <n>', 'how many users, from 1 to 2000 (250)')
    .action(does((options: PictureCommand) => picture(readConfig(), options)))
  const user = program.command('user').description('accounts').exitOverride()
  command(user, 'create', 'make a user and print it')
    .option('--id <id>', 'its id (the next free one)')
    .requiredOption('--username <name>', '1 to 20 of a-z, 0-9 and _')
    .option('--name <name>', 'its name for people (the username)')
    .option('--type <type>', 'human, feed or bot (human)')
    .option('--description <text>', 'at most 256 characters')
    .action(does((options: { data: string; username: string }) => createUser(readConfig(), options)))
  const token = program.command('token').description('tokens').exitOverride()
  command(
    token,
    'create <user>',
    'make a token for a user (an id or @name) and print it, the only time it is shown',
  )
    .option('--scope <scopes>', 'comma separated (basic,follow)')
    .option('--client <id>', 'the app it is for (the command line)')
    .option('--expires <seconds>', 'how long it lasts (for ever)')
    .action(does((name: string, options: { data: string }) => createToken(readConfig(), name, options)))
  const client = program.command('client').description('apps').exitOverride()
  command(client, 'create <name>', 'register an app and print its client_id and client_secret')
    .option('--link <url>', 'its page', '')
    .option('--scope <scopes>', 'what its app tokens may: basic, provision (basic)')
    .option('--max-following <n>', 'how many users its users may follow (MAX_FOLLOWING)')
    .action(does((name: string, options: { data: string }) => createClient(readConfig(), name, options)))

  try {
    await program.parseAsync(argv)
    return status
  } catch (error) {
    if (error instanceof CommanderError)
      return error.exitCode === 0 || error.code === 'commander.helpDisplayed' ? 0 : 2
    say(error instanceof Error ? error.message : String(error))
    return error instanceof UsageError || error instanceof ConfigError ? 2 : 1
  }
}

process.exitCode = await main(process.argv)
