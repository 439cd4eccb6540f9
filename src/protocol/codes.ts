// Why a connection ended: the close codes, under the names by which the words on the wire and the errors of users call them.
// 4000–4499: try again; 4500–4999: fatal. So a code nobody has heard of can still be classified.
export const transient = 4000
export const restart = 4001
export const overloaded = 4002
export const no_pong = 4007
export const slow = 4008
export const replaced = 4009
export const handshake = 4011
export const ticket = 4012
export const bad_frame = 4400
export const unauthorized = 4501
export const user_changed = 4503
export const origin = 4504
export const version = 4505
export const kicked = 4506
export const abuse = 4510
