/**
 * English forms that no ending tells of their word: each line is a word and what becomes of it. Left out are forms that are at least as
 * often words of their own (left, rose, bit, lay).
 */
const FORMS = `
become became|begin began begun|blow blew blown|break broke broken|bring brought|build built|buy bought|catch caught|choose chose chosen
come came|deal dealt|die died dies dying|dig dug|draw drew drawn|drink drank drunk|drive drove driven|eat ate eaten|fall fell fallen|feed fed
feel felt|fight fought|find found|flee fled|fly flew flown flies|forbid forbade forbidden|forget forgot forgotten|forgive forgave forgiven
freeze froze frozen|get got gotten|give gave given|go went gone goes|grow grew grown|hear heard|hide hid hidden|hold held|keep kept
know knew known|lead led|lend lent|lose lost|make made|meet met|pay paid|ride rode ridden|ring rang rung|rise risen|run ran|say said
see saw seen|seek sought|sell sold|send sent|shake shook shaken|shoot shot|show shown|sing sang sung|sink sank sunk|sit sat|sleep slept
speak spoke spoken|spend spent|stand stood|steal stole stolen|stick stuck|strike struck|swear swore sworn|swim swam swum|take took taken
teach taught|tell told|think thought|throw threw thrown|understand understood|wear wore worn|win won|withdraw withdrew withdrawn
write wrote written|child children|foot feet|goose geese|man men|mouse mice|tooth teeth|woman women`;

/** The word that an irregular English form is of. */
export const IRREGULAR: ReadonlyMap<string, string> = new Map(FORMS.trim().split(/[|\n]/).flatMap((line) => {
  const [word, ...forms] = line.split(' ');
  return forms.map((form): [string, string] => [form, word!]);
}));
