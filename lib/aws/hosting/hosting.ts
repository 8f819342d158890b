import { Asynchronous, type AsynchronousOptions } from './asynchronous';
import { Components, type ComponentsOptions } from './components';
import type { HostingMode } from './hosting-mode';
import { RealTime, type RealTimeOptions } from './real-time';
import { Serverless, type ServerlessOptions } from './serverless';

/** How requests reach a model, and what runs while there are none. */
export class Hosting {
  /** Answers at once, within 60 seconds, from machines that are always there. */
  static realTime(options: RealTimeOptions = {}): Hosting {
    return new Hosting(new RealTime(options));
  }

  /** Takes requests of up to 1 GB and an hour into a queue; no machine where none waits. */
  static asynchronous(options: AsynchronousOptions): Hosting {
    return new Hosting(new Asynchronous(options));
  }

  /** Answers at once from instances without a GPU that are there while there are requests. */
  static serverless(options: ServerlessOptions): Hosting {
    return new Hosting(new Serverless(options));
  }

  /** Answers at once from copies that share machines; no machine where there is no copy. */
  static components(options: ComponentsOptions = {}): Hosting {
    return new Hosting(new Components(options));
  }

  private constructor(
    /** @internal */
    readonly mode: HostingMode,
  ) {}
}
