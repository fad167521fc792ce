#!/usr/bin/env node
// The program `follow-graph`: parses the command line and runs the subcommand, each from a file in src/commands/.
import { readFileSync } from 'node:fs'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { setTimeout } from './clock.ts'
import { createClient, createToken, createUser, UsageError } from './commands/accounts.ts'
import { type AskCommand, ask, questionsHelp } from './commands/ask.ts'
import { type AuditCommand, audit } from './commands/audit.ts'
import { say } from './commands/connect.ts'
import { type EventsCommand, events } from './commands/events.ts'
import { type ExportCommand, exportFiles } from './commands/export.ts'
import { refuseTwice } from './commands/given-twice.ts'
import { IMPORT_HELP, type ImportCommand, importFiles } from './commands/import.ts'
import { endBy } from './commands/interrupt.ts'
import { neo4j, printRunning } from './commands/neo4j.ts'
import { type PictureCommand, picture } from './commands/picture.ts'
import { serve } from './commands/serve.ts'
import { createWebhook, listWebhooks, testWebhook, type WebhookCommand } from './commands/webhook.ts'
import { Interrupted, print, withParts } from './commands/with-parts.ts'
import { settingsHelp } from './config/settings.ts'
import { ConfigError } from './config/values.ts'
import { namesDatabase, ownDatabaseSettings, readConfig } from './config.ts'
import { EVENT_TYPES } from './events/kinds.ts'
import { migrate } from './graph/schema.ts'
import { RELATION_KINDS } from './relations/kinds.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}

const port = (text: string): number => {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535 || Number(text) === 0)
    throw new InvalidArgumentError('It must be a port from 1 to 65535.')
  return Number(text)
}

type ByDatabase = { database?: 'docker' | 'java' }

const databaseOption = () =>
  new Option('--database <kind>', 'what runs the own database (DATABASE)').choices(['docker', 'java'])
const withDatabase = ({ database }: ByDatabase) =>
  readConfig(database === undefined ? {} : { DATABASE: database })

/** Runs one command line; resolves with the exit status: 0 done, 1 failed, 2 wrong usage. */
async function main(argv: string[]): Promise<number> {
  let status = 0
  const program = new Command('follow-graph')
  program
    .description('The App.net User Following API on a real Neo4j.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('Run with --help to see the commands and options.')
  const command = (parent: Command, usage: string, about: string) =>
    parent
      .command(usage)
      .description(about)
      .exitOverride()
      .option('--data <dir>', 'folder of the own database', '.follow-graph')
  program.hook('preAction', (_, action) => {
    // The command neo4j runs the own database whatever the settings say.
    const unused = action.name() !== 'neo4j' && namesDatabase()
    if (unused && action.getOptionValueSource('data') === 'cli')
      say('NEO4J_URI is set, so its database is used, and --data is not. Unset NEO4J_URI to use --data.')
  })
  const run =
    <T extends unknown[]>(work: (...args: T) => Promise<number>) =>
    async (...args: T) => {
      status = await work(...args)
    }

  command(program, 'serve', 'run the HTTP service; without NEO4J_URI it starts its own Neo4j')
    .option('--sample', 'put a sample community into an empty graph, print two tokens and five lines to try')
    .addHelpText('after', () => `\nSettings (environment variables, default in brackets):\n${settingsHelp()}`)
    .addOption(databaseOption())
    .action(
      run((options: { data: string; sample?: boolean } & ByDatabase) => {
        const config = withDatabase(options)
        if (options.database !== undefined && config.neo4j !== null)
          throw new UsageError('NEO4J_URI is set: unset it to run an own database, or leave out --database.')
        return serve(config, options)
      }),
    )
  command(program, 'neo4j', 'run only the own database, in the foreground, and print its address and login')
    .option('--port <port>', 'its Bolt port', port)
    .option('--running', 'only print address and login of the one that serve or neo4j runs on the folder')
    .addOption(databaseOption())
    .action(
      run(({ running, ...options }: { data: string; port?: number; running?: boolean } & ByDatabase) =>
        running
          ? printRunning(options.data)
          : neo4j({ ...options, say, ...ownDatabaseSettings(withDatabase(options)) }),
      ),
    )
  command(program, 'migrate', 'apply missing migrations and exit; serve applies them too').action(
    run((options: { data: string }) =>
      withParts(readConfig(), options.data, async (parts) => {
        await migrate(parts.graph)
        const rows = await parts.graph.read(
          'schema/applied',
          'MATCH (m:Migration) RETURN m.name ORDER BY m.number',
        )
        print({ migrations: rows.map(([name]) => name) })
        return 0
      }),
    ),
  )
  const importCommand = command(
    program,
    'import',
    'import users and relationships from CSV or JSON lines, gzip or not; a second run changes nothing; long files into an empty own database are loaded much faster',
  ).option('--users <file>', 'id,username,name,type,description,… in any order (- is stdin)')
  for (const { plural, from, to, at } of RELATION_KINDS)
    importCommand.option(`--${plural} <file>`, `${from},${to}[,${at},id] (- is stdin)`)
  importCommand
    .option(
      '--as <user>',
      'the files are lists that Mastodon exported for this user (an id or @name): Account address,…',
    )
    .option('--strict', 'stop at the first bad line')
    .option('--reject <file>', 'copy bad lines unchanged into this file, to be corrected and imported')
    .option('--known-users', 'refuse relationships of unknown ids instead of creating those users')
    .option(
      '--replace',
      'what the file says of a stored user or relationship replaces it: fields of a user that the file leaves out get their defaults, except for created_at and moved_to',
    )
    .option(
      '--pace <n>',
      'write n lines a second on average, so that requests to the service meanwhile take less long; without effect on a bulk load',
    )
    .option(
      '--dry-run',
      'check the files and count what would be written; write no user and no relationship; a user, username or pair that the files name twice, thousands of lines apart, counts twice',
    )
    .addHelpText('after', IMPORT_HELP)
    .action(run((options: ImportCommand) => importFiles(readConfig(), options)))
  const exportCommand = command(
    program,
    'export',
    'export users and relationships, ordered by id, into files that import reads; works while the service runs',
  ).option(
    '--users <file>',
    'CSV, JSON lines if the name ends in .jsonl, gzip if in .gz (- is stdout); other formats: status 2',
  )
  for (const { plural } of RELATION_KINDS) exportCommand.option(`--${plural} <file>`, 'the same')
  exportCommand
    .option(
      '--graph <file>',
      'users and follows for Gephi, networkx and the like: .graphml or .gexf; .parquet gives two files, FILE.users.parquet and FILE.follows.parquet',
    )
    .action(run((options: ExportCommand) => exportFiles(readConfig(), options)))
  command(program, 'events', 'print events as JSON lines, oldest first')
    .option('--since <id>', 'only events after this id (all that are kept; with --follow from now on)')
    .option('--types <types>', `${EVENT_TYPES.join(', ')}, comma separated (all)`)
    .option('--follow', 'continue with new events until Ctrl-C')
    .action(run((options: EventsCommand) => events(readConfig(), options)))
  command(program, 'audit', 'check the graph against its rules and print what is wrong as JSON')
    .option('--repair', 'repair what is wrong')
    .action(run((options: AuditCommand) => audit(readConfig(), options)))
  command(
    program,
    'ask [question]',
    'run a ready question about the graph (cypher/analysis/) and print its rows',
  )
    .option('--user <user>', 'the user that the question is about (an id or @name)')
    .option('--other <user>', 'the second user, of questions about two')
    .addOption(
      new Option('--format <format>', 'how rows are printed')
        .choices(['table', 'csv', 'json'])
        .default('table'),
    )
    .option('--timeout <seconds>', 'how long the question may take', '600')
    .addHelpText(
      'after',
      () => `\nQuestions:\n${questionsHelp()}\n\nIn JSON ids are strings and counts are numbers.`,
    )
    .action(run((name: string | undefined, options: AskCommand) => ask(readConfig(), name, options)))
  command(program, 'picture', 'draw who follows whom among the most followed users, as SVG on stdout')
    .option('--users <n>', 'how many users, from 1 to 2000 (250)')
    .action(run((options: PictureCommand) => picture(readConfig(), options)))
  const user = program.command('user').description('accounts').exitOverride()
  command(user, 'create', 'create a user and print it')
    .option('--id <id>', 'its id (the next free one)')
    .requiredOption('--username <name>', '1 to 20 of a-z, 0-9 and _')
    .option('--name <name>', 'its name for people (the username)')
    .option('--type <type>', 'human, feed or bot (human)')
    .option('--description <text>', 'at most 256 characters')
    .action(run((options: { data: string; username: string }) => createUser(readConfig(), options)))
  const token = program.command('token').description('tokens').exitOverride()
  command(
    token,
    'create <user>',
    'create a token for a user (an id or @name) and print it; it is not shown again',
  )
    .option('--scope <scopes>', 'comma separated (basic,follow)')
    .option('--client <id>', 'client_id of the app (the command line)')
    .option('--expires <seconds>', 'how long the token is valid, 1 to 9999999999 (for ever)')
    .action(run((name: string, options: { data: string }) => createToken(readConfig(), name, options)))
  const client = program.command('client').description('apps').exitOverride()
  command(client, 'create <name>', 'register an app and print its client_id and client_secret')
    .option('--link <url>', 'page of the app, an http or https address', '')
    .option('--scope <scopes>', 'scopes of its app tokens: basic, provision, events (basic)')
    .option('--max-following <n>', 'how many users each of its users may follow (MAX_FOLLOWING)')
    .action(run((name: string, options: { data: string }) => createClient(readConfig(), name, options)))

  const webhook = program.command('webhook').description('webhooks of apps').exitOverride()
  command(
    webhook,
    'create <url>',
    'register a webhook and print it with its secret, which is not shown again',
  )
    .requiredOption('--client <id>', 'client_id of the app; it needs the scope events')
    .option('--types <types>', 'comma separated event types (all)')
    .action(run((url: string, options: WebhookCommand) => createWebhook(readConfig(), url, options)))
  command(webhook, 'list', 'print the webhooks of all apps and the state of their deliveries').action(
    run((options: { data: string }) => listWebhooks(readConfig(), options)),
  )
  command(webhook, 'test <id>', 'send a reset that is marked as a test, and print the outcome').action(
    run((id: string, options: { data: string }) => testWebhook(readConfig(), id, options)),
  )

  refuseTwice(program)
  try {
    await program.parseAsync(argv)
    return status
  } catch (error) {
    if (error instanceof CommanderError)
      return error.exitCode === 0 || error.code === 'commander.helpDisplayed' ? 0 : 2
    if (broken !== 0) return broken
    say(sentenceOf(error))
    if (error instanceof Interrupted) endBy(error.signal)
    return error instanceof UsageError || error instanceof ConfigError ? 2 : 1
  }
}

// If the reader of stdout closes the pipe (`… | head -1`), the exit status is 141 without a message, as if ended by SIGPIPE.
let broken = 0
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (broken === 0 && error.code !== 'EPIPE') say(`Standard output cannot be written (${error.code}).`)
  broken = error.code === 'EPIPE' ? 141 : 1
  process.exitCode ||= broken
})
// A closed stderr does not end the command.
process.stderr.on('error', () => undefined)

const WHY: Record<string, string> = {
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'the file system is read-only',
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of the path is not a folder',
  EISDIR: 'it is a folder',
  EEXIST: 'it is not a folder',
  ENOSPC: 'the disk is full',
}

function sentenceOf(error: unknown): string {
  const { path, code, message } = error as NodeJS.ErrnoException
  if (path !== undefined && code !== undefined)
    return `${path} cannot be used: ${WHY[code] ?? code}. Name another path, or fix this one.`
  return error instanceof Error ? message : String(error)
}

const status = await main(process.argv)
process.exitCode = status === 0 ? broken : status
// A slow reader of stdout (`… | less`) is waited for. A socket to a server that never answers (a port that accepts connections and is not Neo4j)
// may be open too: that is not.
process.stdout.write('', () => setTimeout(() => process.exit(), 1_000).unref())
