/** The fields of a User that depend on who asks: all six, or none for nobody and for oneself. */
export const VIEWER_FIELDS = [
  'follows_you',
  'you_follow',
  'you_muted',
  'you_blocked',
  'you_can_follow',
  'you_can_subscribe',
]
