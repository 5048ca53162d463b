/**
 * Words that carry grammar and no meaning, beyond those of `@orama/stopwords`, which leaves out some of each language: articles,
 * pronouns, particles, auxiliaries and words of asking and counting ("a", "viele", "plus"). Words that name something stay out.
 */
export const FUNCTION_WORDS = {
  en: `a as also any anybody anyone anything shall us may might need upon within without yet ever every everybody everyone everything
    somebody someone something somewhere nobody nothing none one ones us via per although though unless whether whose among another
    either neither much many several get gets got let lets just even still already always often please yes ok okay hi hello hey thanks
    whom whatever whichever whoever whenever wherever thus hence therefore however instead otherwise else rather quite really maybe
    perhaps anyway i'd that'd cannot dont doesnt isnt whats theres`,
  es: `estás tienes has cuál cuáles cuánto cuánta cuántos cuántas dónde cuándo cómo quién quiénes qué por favor hola gracias sí`,
  de: `dass daß ja nein hast habt schon mal mehr immer warum wieso weshalb nie gibt wer wem wen wessen wurde wurden worden wäre wären hätte
    hätten kannst könnte könnten willst möchte möchten her musst darf dürfen gar davon dafür dazu darin daran darauf daraus dabei wegen
    viele vielen vieler vieles wenig wenige etwa sowie ob je jedoch bitte hallo danke welche welcher welches welchen welchem wieviel
    wieviele wann wo woher wohin wodurch womit wofür worüber beim zum zur ins vom am im ans sollen sollte sollten ganz eben halt denn
    doch wohl etwas jemand niemand sei seien`,
  fr: `a ai as plus moins tout tous toute toutes fait aussi bien peut peuvent encore donc si entre peu dont depuis quelques quelque chez alors
    sous autres autre non doit doivent avant trop beaucoup vers lors va avoir être plusieurs certains certaines chaque rien celui celle
    ceux celles notamment cependant car toutefois tant selon parce quand outre ni pendant parfois souvent quel quelle quels quelles
    qui quoi où combien comment pourquoi lequel laquelle lesquels lesquelles duquel auquel est-ce sans contre très ça cela ceci
    afin puis merci bonjour svp oui dès jusque jusqu lorsque puisque quelqu aujourd hui d l c s n j t m qu`,
  it: `no sì solo me te essere quando ora così quindi altro altra altri altre sempre po quel proprio certo fuori ogni senza qualche qualcosa ecco
    deve devono può possono potrebbe secondo mentre comunque sotto dentro insieme nulla niente nessuno quale quali quanto quanta quanti
    quante come dove perché chi cosa che ciao grazie prego già mai ancora più meno molto molti molta molte d l un s c n`,
  pt: `sim então pode podem agora ser fazer nada onde quero ter posso porque algo assim nunca quê ainda sempre antes apenas deve devem cada
    enquanto logo desde tanto algumas alguns qual quais quanto quanta quantos quantas quando quem como há são é está estão têm tem foi
    dos das nos nas pelo pela pelos pelas olá obrigado obrigada favor já mais menos muito muitos muita muitas sobre outro outra outros
    outras todo toda todos todas qualquer mesmo mesma sem até`,
  nl: `we jij wel nee waar bent jullie hebt waarom moeten moet jou jouw alleen misschien nooit even onze weer heel mag zeker af doet kunt zoals
    iedereen niemand niks alle steeds wanneer enige eerst elke bijna eigenlijk hen zouden hoe hoeveel welk welke wie wat waarmee
    waarvoor waardoor worden wordt werd werden kan kunnen zal zullen veel weinig meer meest geen ook nog maar dan toen er hun hallo
    dank bedankt alstublieft graag`,
  sv: `ska vill ja nej bara måste gör får gå igen in kanske aldrig finns inget ingen inga nog ner alltid verkligen hur många mycket vad vem vems
    vilken vilket vilka när var vart varför kan kunde skulle skall också mer mest annan annat andra även del tills genom utan ut hej tack
    helt just jo finnas bli blir blev blivit sina sitt sin dem den det`,
  da: `så kan må bare hvorfor hvordan hvornår hvor hvem hvad hvilken hvilket hvilke nogen noget nogle aldrig vores mere far får kun før andre
    intet ingen andet jeres eneste hver flere begge lidt mange meget skal skulle vil ville kunne bliver blev blevet være er også ja nej
    hej tak ligger findes`,
  no: `nei ja må få mer mye mange andre eneste under hvorfor hvordan når hvor hvem hva hvilken hvilket hvilke noen noe aldri bare kun også skal
    skulle vil ville kan kunne blir ble blitt være er hver flere begge litt før etter uten gjennom hei takk finnes`,
  fi: `vain voi voin voit voisi kaikki kaikkia kaikkien onko miten kyllä mitään jotain ehkä jo vielä täytyy aina enää juuri näin kuinka koko joku
    koskaan kai aivan ihan joten vähän siis aika kuten myös ettei taas jälkeen liian muuta ilman enemmän vastaan takia olevan yhä
    milloin missä mistä mihin miksi mikä mitä minkä kuka kenen ketä montako paljonko jotta kun että eikä hei kiitos on ovat oli olivat
    olla ole`,
  tr: `yok tamam önce lütfen doğru orada tam gerek elbette oraya nereden nerede nereye nasıl neden niçin niye ne zaman kim kime kimin hangi kaç
    mı mi mu mü midir mıdır var yalnız ile için gibi kadar olarak olan oldu olur olmak bir bu şu o ve veya ya da de merhaba teşekkürler`,
  ru: `это тебе просто всё почему очень может могут могу нам её ещё пока должен должна должно должны который которая которое которые которого
    которой которых каком какой какая какое какие каких какого какую немного слишком такое такая такие те этот эта эти этих этому
    этой сколько снова именно будем будет будут несколько свои свой своей своего своих нами вами ваш твой наш кого кому кем чей чья
    чьё чьи против вместе лишь где куда откуда зачем когда кто что чем было были была был есть есть-ли привет спасибо пожалуйста`,
  ar: `أين اين متى كيف كم ماذا لماذا لما هل من ما أي اي أية اية مرحبا شكرا كان كانت هو هي هم التي الذي الذين عن على إلى الى في من مع بين ثم أو و
    تم يتم قد هذا هذه ذلك تلك عند بعد قبل خلال كل بعض`,
};

/**
 * Pairs of characters that hold grammar in Chinese and Japanese: with a character that serves nothing else, words of asking and joining,
 * and hiragana alone.
 */
export const FUNCTION_PAIR = new RegExp(
  '[的了是吗嗎呢吧啊呀么麼什谁誰哪怎您你我他她它们們这這那很请請]|^(?:多少|为何|何时|何地|何人|何年|如何|几个|幾個|有多|是否|以及|关于|因为|由于|没有|多大|多长|多久|几年|几月|一个|在何)$'
    + '|^[\\u3040-\\u309f]+$', 'u',
);
