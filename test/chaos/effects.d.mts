export interface SaidEvent {
  id: string;
  type: string;
  subject: string;
  causationid?: string;
}

export declare function faultsOfEffects(events: readonly SaidEvent[]): string[];
