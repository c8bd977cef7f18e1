import type { Occurrence } from "../pool/index.ts"
import * as Incidents from "./Incidents.ts"
import { Ring } from "./Ring.ts"
import { type Reading, type Sample, sampleOf } from "./Sample.ts"
import { columns, type Snapshot, type Tick, toldIncident } from "./Snapshot.ts"

/** A quarter of an hour, by seconds. */
const REMEMBERED = 15 * 60

const newestFirst = ({ all }: Incidents.Incidents) => all.map(toldIncident).toReversed()

/** What was seen of the pool and of the service: a sample for each reading, and incidents. */
export class History {
  private readonly samples = new Ring<Sample>(REMEMBERED)
  private reading: Reading | undefined
  private incidents = Incidents.none
  /** The incidents that the pages know. */
  private told = Incidents.none

  /** Adds the second that ends with this reading. */
  add(reading: Reading): Sample {
    const sample = sampleOf(this.reading, reading)
    this.reading = reading
    this.samples.push(sample)
    this.incidents = Incidents.settle(this.incidents, reading.at)
    return sample
  }

  /** Something has happened to the pool. */
  hear(occurrence: Occurrence): void {
    this.incidents = Incidents.fold(this.incidents, occurrence)
  }

  get all(): Pick<Snapshot, "samples" | "incidents"> {
    return { samples: columns(this.samples.all), incidents: newestFirst(this.incidents) }
  }

  /** The incidents, if something about them has changed since they were taken last. */
  takeNews(): Pick<Tick, "incidents"> {
    const { incidents, told } = this
    this.told = incidents
    return incidents === told ? {} : { incidents: newestFirst(incidents) }
  }
}
