// What is started on which machine, and what people are told where nothing can be.
import { describe, expect, it } from 'vitest'
import { choose, DatabaseError, type Found, LONG_TERM, NEWEST } from '../../src/database/choose.ts'

const java = (major: number) => ({ home: `/java/${major}`, major })
const machine = (more: Partial<Found>): Found => ({
  docker: false,
  javas: [],
  maven: true,
  cached: [],
  platform: 'linux',
  ...more,
})
const refusal = (more: Partial<Found>): string => {
  try {
    choose(machine(more))
  } catch (error) {
    expect(error).toBeInstanceOf(DatabaseError)
    return (error as Error).message
  }
  throw new Error('nothing was refused')
}

describe('choose', () => {
  it('takes Docker where an engine answers, whatever else there is', () => {
    expect(choose(machine({ docker: true, javas: [java(25)] }))).toEqual({ kind: 'docker', version: NEWEST })
    expect(choose(machine({ docker: true, wanted: LONG_TERM }))).toEqual({
      kind: 'docker',
      version: LONG_TERM,
    })
  })

  it('takes what DATABASE says, and nothing else then', () => {
    const javas = [java(25)]
    expect(choose(machine({ docker: true, javas, only: 'docker' }))).toMatchObject({ kind: 'docker' })
    expect(choose(machine({ docker: true, javas, only: 'java' }))).toMatchObject({ kind: 'java' })
    const whyNoDocker = 'the Docker engine at ssh://far is on another machine'
    expect(refusal({ javas, only: 'docker', whyNoDocker })).toBe(
      'The Docker engine at ssh://far is on another machine: start Docker, or set DATABASE=java, or set NEO4J_URI to your own Neo4j.',
    )
    expect(refusal({ docker: true, only: 'java' })).toMatch(
      /^There is no Java on this machine: install Java 21 or newer and Maven, or start Docker and unset DATABASE, or set NEO4J_URI/,
    )
    expect(refusal({ whyNoDocker })).toMatch(
      /^The Docker engine at ssh:.* and there is no Java on this machine/,
    )
  })

  it('takes the newest Neo4j on the newest Java, from 21 on', () => {
    const javas = [java(17), java(25), java(21)]
    expect(choose(machine({ javas }))).toEqual({ kind: 'java', version: NEWEST, java: java(25), fetch: true })
    expect(choose(machine({ javas: [java(21)] }))).toMatchObject({ version: NEWEST, java: java(21) })
  })

  it.each([17, 18, 20])('takes the long-term Neo4j on Java %i', (major) => {
    expect(choose(machine({ javas: [java(11), java(major)] }))).toMatchObject({
      version: LONG_TERM,
      java: java(major),
    })
  })

  it('runs a wanted Neo4j 5 on the oldest Java that will do', () => {
    const javas = [java(25), java(11), java(17)]
    expect(choose(machine({ javas, wanted: '5.26.30' }))).toMatchObject({
      version: '5.26.30',
      java: java(17),
    })
  })

  it('prefers the Java of JAVA_HOME if it will do, and only then', () => {
    const javas = [java(17), java(21), java(25)]
    expect(choose(machine({ javas, preferredJava: java(21) }))).toMatchObject({
      version: NEWEST,
      java: java(21),
    })
    expect(choose(machine({ javas, preferredJava: java(17) }))).toMatchObject({
      version: NEWEST,
      java: java(25),
    })
  })

  it('needs no Maven for what is in the cache', () => {
    const javas = [java(21)]
    expect(choose(machine({ javas, maven: false, cached: [NEWEST] }))).toMatchObject({ fetch: false })
    expect(refusal({ javas, maven: false, cached: [LONG_TERM] })).toMatch(/no mvn .* install Maven/)
  })

  it('names every way out where there is none', () => {
    for (const message of [
      refusal({}),
      refusal({ javas: [java(11)] }),
      refusal({ javas: [java(17)], wanted: NEWEST }),
      refusal({ javas: [java(21)], maven: false }),
    ]) {
      expect(message).toMatch(/install/)
      expect(message).toMatch(/start Docker/)
      expect(message).toMatch(/NEO4J_URI/)
      expect(message.split('\n')).toHaveLength(1)
    }
    expect(refusal({ javas: [java(11)] })).toMatch(/Java 11 is too old .* needs Java 17/)
    expect(refusal({ javas: [java(17)], wanted: NEWEST })).toMatch(/Java 17 is too old .* needs Java 21/)
    expect(refusal({ platform: 'win32', javas: [java(21)] })).toMatch(/Docker.*NEO4J_URI/)
  })

  it.each(['4.4.1', 'latest', '5', '5.26.30; rm', '../5.26.30', ''])('refuses the version %j', (wanted) => {
    expect(refusal({ javas: [java(21)], wanted })).toMatch(/NEO4J_VERSION/)
  })
})
