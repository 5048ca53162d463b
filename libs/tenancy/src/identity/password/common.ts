/** Of the passwords that leak most often, those long enough to pass the length rule; compared in lower case. */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  `1234567890 0123456789 0987654321 9876543210 12345678910 123456789a 1234567891 12345678901 123456789012 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc
  1qazxsw23edc q1w2e3r4t5 q1w2e3r4t5y6 qwertyuiop qwertyuiop1 qwertyuiop123 qwerty1234 qwerty12345 qwerty123456 qwerty123! qwertyuiop[] asdfghjkl1
  asdfghjkl; asdfghjkl123 zxcvbnm123 zxcvbnm,./ qazwsxedc1 qazwsxedcrfv 1qaz!qaz 1qaz@wsx3edc !qaz2wsx#edc password1! password12 password123
  password1234 password12345 password123! password2020 password2021 password2022 password2023 password2024 password2025 password2026 p@ssword123
  p@ssw0rd123 p@ssw0rd12 p@ssw0rd1234 passw0rd123 passw0rd1234 passwordpassword mypassword mypassword1 thepassword newpassword newpassword1
  yourpassword changeme123 changeme1234 changemenow welcome123 welcome1234 welcome123! welcome2024 welcome2025 welcome2026 letmein123 letmein1234
  letmeinnow iloveyou12 iloveyou123 iloveyou1! iloveyouso abcdefghij abcdefghijk abcdefghijkl abcd123456 abcde12345 abc1234567 abc123abc123
  a123456789 a1234567890 aa12345678 aa123456789 qq123456789 1234qwerasdf 1234567qwertyu 123qweasdzxc qweasdzxc123 qwe123456789 football123 baseball123
  superman123 batman12345 dragon12345 monkey12345 master12345 shadow12345 sunshine123 princess123 starwars123 pokemon123 whatever123 trustno1trustno1
  administrator admin12345 admin123456 admin1234567 adminadmin admin123admin administrator1 root123456 rootrootroot test123456 testtest123 testtesttest
  testing123 testing1234 test1234567 guest12345 user123456 default123 secret1234 secret12345 secretsecret summer2023! summer2024! summer2025! summer2026!
  winter2023! winter2024! winter2025! winter2026! spring2024! spring2025! autumn2024! autumn2025! company123 company2024 company2025 google12345 facebook123
  liverpool1 chelsea123 arsenal123 barcelona1 manchester iloveu12345 internet123 computer123 computer12 samsung123 lovelylove michael123 jennifer123
  charlie123 jordan12345 correcthorsebatterystaple aaaaaaaaaaa asdasdasdasd qweqweqweqwe qwerqwerqwer asdfasdfasdf zxczxczxczxc 123123123123 123321123321
  1212121212 1122334455 1223334444 111222333444 112233445566 102030405060 147258369 1472583690 159357159357 7777777777 0000000000 1111111111 9999999999`
    .split(/\s+/)
    .filter((word) => word.length >= 10),
);
