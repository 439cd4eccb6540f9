/** The page of the Next app. */
export default function Hello() {
  return 'hello'
}
