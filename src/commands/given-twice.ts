// Refuses options that a command line gives twice.
import type { Command } from 'commander'

/** Commander takes the last value of such an option: the file of the one before would not be imported, and nobody told. */
export function refuseTwice(command: Command): void {
  for (const option of command.options.filter((one) => !one.isBoolean())) {
    let given = false
    command.on(`option:${option.name()}`, () => {
      if (given) command.error(`error: option '${option.flags}' is given twice: give it once`)
      given = true
    })
  }
  command.commands.forEach(refuseTwice)
}
