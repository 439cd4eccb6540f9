import {
  abuse,
  bad_frame,
  handshake,
  kicked,
  no_pong,
  origin,
  overloaded,
  replaced,
  restart,
  slow,
  ticket,
  transient,
  unauthorized,
  user_changed,
  version,
} from './codes'

/** The close codes by name, for who has to look one up. By hand: an object made of the whole module would keep all of it in every client. */
export const closeCodes = {
  transient,
  restart,
  overloaded,
  no_pong,
  slow,
  replaced,
  handshake,
  ticket,
  bad_frame,
  unauthorized,
  user_changed,
  origin,
  version,
  kicked,
  abuse,
}

export type CloseName = keyof typeof closeCodes
