/** What our pages say, in every language that they speak. */
import type { Language } from '../identity/request-view.ts'

export interface Texts {
  readonly lang: string
  readonly reference: string
  readonly referenceHelp: string
  readonly tryAgain: string
  readonly signIn: string
  readonly signOut: string
  readonly cancel: string
  readonly continue: string
  readonly yourSessions: string
  readonly footer: string
  readonly denied: { readonly title: string; readonly text: string; readonly missing: string }
  readonly needsMore: string
  readonly mfaMissing: { readonly title: string; readonly text: string }
  readonly levelMissing: { readonly title: string; readonly text: string }
  readonly claimMissing: { readonly title: string; readonly text: (claim: string) => string }
  readonly refused: { readonly title: string; readonly text: string; readonly code: string }
  readonly stale: { readonly title: string; readonly text: string }
  readonly blocked: { readonly title: string; readonly text: string }
  readonly unavailable: { readonly title: string; readonly text: string }
  readonly badLink: { readonly title: string; readonly text: string }
  readonly notFound: { readonly title: string; readonly text: string }
  readonly forged: { readonly title: string; readonly text: string }
  readonly notSent: { readonly title: string; readonly text: string }
  readonly logout: { readonly title: string; readonly text: (user: string) => string }
  readonly leaving: { readonly title: string; readonly text: string }
  readonly signedOut: { readonly title: string; readonly text: string; readonly here: string }
  readonly sessions: {
    readonly title: string
    readonly intro: (user: string) => string
    readonly here: string
    readonly unknownDevice: string
    readonly began: string
    readonly seen: string
    readonly end: string
    readonly endThat: (device: string) => string
    readonly withMfa: string
    readonly withoutMfa: string
  }
  readonly operator: {
    readonly title: string
    readonly text: string
    readonly warning: string
    readonly confirm: string
  }
  readonly device: {
    readonly title: string
    readonly text: string
    readonly label: string
    readonly unknown: string
    readonly done: string
    readonly doneText: string
  }
}

const en: Texts = {
  lang: 'en',
  reference: 'Reference',
  referenceHelp: 'Give this number to whoever helps you; it is in the log of the access gateway.',
  tryAgain: 'Try again',
  signIn: 'Sign in',
  signOut: 'Sign out',
  cancel: 'Cancel',
  continue: 'Continue',
  yourSessions: 'Your sessions',
  footer: 'Access is checked by Lockgate.',
  denied: {
    title: 'You do not have access to this',
    text: 'You are signed in, but this is not enough for what you asked for.',
    missing: 'What is missing',
  },
  needsMore: 'a stronger or more recent sign-in',
  mfaMissing: {
    title: 'A second factor is needed',
    text: 'You signed in without a second factor, such as a code from an app or a security key. Set one up with your identity provider, then sign in again.',
  },
  levelMissing: {
    title: 'The sign-in was not strong enough',
    text: 'This page asks for a stronger or more recent sign-in than the identity provider gave. Try again and confirm with your second factor.',
  },
  claimMissing: {
    title: 'Your account is not complete',
    text: (claim) =>
      `The identity provider does not confirm “${claim}” for your account. Ask whoever manages your account to complete it.`,
  },
  refused: {
    title: 'The sign-in did not succeed',
    text: 'The identity provider ended the sign-in, or its answer does not hold.',
    code: 'Its answer',
  },
  stale: {
    title: 'This sign-in is over',
    text: 'It took too long, was used already, or your browser went back to it. Nothing is wrong with your account.',
  },
  blocked: {
    title: 'Your browser did not send our cookie',
    text: 'Signing in needs cookies. Allow them for this site, or close other sign-in windows, and try again.',
  },
  unavailable: {
    title: 'Signing in is not possible just now',
    text: 'A part that the access gateway needs does not answer. It tries again by itself; please try again in a moment.',
  },
  badLink: {
    title: 'This link is not valid',
    text: 'It is damaged, too old or meant for another site. Open the system that you need from its own address.',
  },
  notFound: { title: 'There is nothing here', text: 'The address below /.lockgate/ does not exist.' },
  forged: {
    title: 'This did not come from our page',
    text: 'To protect you, the request was not carried out. Open the page again and use its button.',
  },
  logout: {
    title: 'Sign out everywhere?',
    text: (user) => `You are signed in as ${user}. Signing out ends this session on every system.`,
  },
  notSent: {
    title: 'Please sign in again',
    text: 'You are not signed in any more, so what you sent was not carried out. Sign in, then send it once more: your browser’s back button may still have what you wrote.',
  },
  leaving: { title: 'Signing you out', text: 'Your session here has ended. The identity provider is told now.' },
  signedOut: {
    title: 'You are signed out',
    text: 'Your session has ended on every system. You can close this window.',
    here: 'Your session has ended on every system behind this gateway. The identity provider was not told: where others use this device, sign out there too, or close the browser.',
  },
  sessions: {
    title: 'Your sessions',
    intro: (user) =>
      `Signed in as ${user}. These are the places where you are signed in; end those that you do not know.`,
    here: 'this one',
    unknownDevice: 'Unknown device',
    began: 'since',
    seen: 'last used',
    end: 'End',
    endThat: (device) => `End the session of ${device}`,
    withMfa: 'second factor confirmed',
    withoutMfa: 'no second factor',
  },
  operator: {
    title: 'Let the command line act as you?',
    text: 'The program “lockgate login” asks for a session of its own. It will see what you may see, until you end it on the page of your sessions.',
    warning: 'Confirm only if you started it yourself just now. If somebody sent you here, cancel.',
    confirm: 'Yes, I started it',
  },
  device: {
    title: 'Enter the code',
    text: 'The program “lockgate login --device” shows a code of eight letters.',
    label: 'Code',
    unknown: 'There is no such code, or it is too old. Compare it letter by letter, or start the program again.',
    done: 'Done',
    doneText: 'The command line is signed in. You can close this window.',
  },
}

const zh: Texts = {
  lang: 'zh-Hant-TW',
  reference: '查詢編號',
  referenceHelp: '請把這個編號交給協助您的人員；存取閘道的紀錄裡有它。',
  tryAgain: '再試一次',
  signIn: '登入',
  signOut: '登出',
  cancel: '取消',
  continue: '繼續',
  yourSessions: '您的登入階段',
  footer: '存取由 Lockgate 檢查。',
  denied: { title: '您沒有存取權限', text: '您已登入，但還不足以存取您要的內容。', missing: '欠缺的條件' },
  needsMore: '更強或更近期的登入驗證',
  mfaMissing: {
    title: '需要第二項驗證',
    text: '您登入時沒有使用第二項驗證（例如驗證器 App 的代碼或安全金鑰）。請先在身分提供者設定，再重新登入。',
  },
  levelMissing: {
    title: '登入的強度不足',
    text: '這個頁面要求的登入驗證，比身分提供者給的更強或更新。請再試一次，並用第二項驗證確認。',
  },
  claimMissing: {
    title: '您的帳號資料不完整',
    text: (claim) => `身分提供者沒有為您的帳號確認「${claim}」。請洽管理您帳號的人員補齊。`,
  },
  refused: { title: '登入沒有成功', text: '身分提供者中止了登入，或它的回覆不正確。', code: '它的回覆' },
  stale: { title: '這次登入已經結束', text: '可能是時間過久、已經用過，或瀏覽器回到了上一頁。您的帳號沒有問題。' },
  blocked: {
    title: '瀏覽器沒有送出我們的 Cookie',
    text: '登入需要 Cookie。請允許本網站使用 Cookie，或關閉其他登入視窗，然後再試一次。',
  },
  unavailable: { title: '目前無法登入', text: '存取閘道所需的某個部分沒有回應。系統會自動重試，請稍後再試。' },
  badLink: { title: '這個連結無效', text: '連結已損壞、過期，或屬於其他網站。請從您需要的系統本身的網址開啟。' },
  notFound: { title: '這裡沒有內容', text: '/.lockgate/ 之下沒有這個位址。' },
  forged: {
    title: '這個要求不是從我們的頁面送出的',
    text: '為了保護您，這個要求沒有執行。請重新開啟頁面並使用頁面上的按鈕。',
  },
  logout: {
    title: '要在所有系統登出嗎？',
    text: (user) => `您目前以 ${user} 登入。登出會結束這個登入階段在所有系統上的存取。`,
  },
  notSent: {
    title: '請重新登入',
    text: '您已不在登入狀態，因此剛才送出的內容沒有執行。請登入後再送一次；瀏覽器的上一頁可能還留有您填寫的內容。',
  },
  leaving: { title: '正在登出', text: '您在這裡的登入階段已結束，正在通知身分提供者。' },
  signedOut: {
    title: '您已登出',
    text: '您的登入階段在所有系統上都已結束。您可以關閉這個視窗。',
    here: '您在此閘道後方所有系統上的登入階段都已結束，但尚未通知身分提供者；若有他人共用此裝置，請也在那裡登出，或關閉瀏覽器。',
  },
  sessions: {
    title: '您的登入階段',
    intro: (user) => `目前以 ${user} 登入。以下是您登入中的地方；請結束您不認得的項目。`,
    here: '目前這個',
    unknownDevice: '未知的裝置',
    began: '開始於',
    seen: '最後使用',
    end: '結束',
    endThat: (device) => `結束 ${device} 的登入階段`,
    withMfa: '已確認第二項驗證',
    withoutMfa: '沒有第二項驗證',
  },
  operator: {
    title: '允許命令列以您的身分存取嗎？',
    text: '程式「lockgate login」要求一個自己的登入階段。在您於登入階段頁面結束它之前，它看得到您看得到的內容。',
    warning: '只有在您自己剛剛啟動它時才確認。如果是別人要您來這裡，請取消。',
    confirm: '是，我啟動的',
  },
  device: {
    title: '輸入代碼',
    text: '程式「lockgate login --device」顯示了一組八個字母的代碼。',
    label: '代碼',
    unknown: '沒有這組代碼，或已經過期。請逐字核對，或重新啟動程式。',
    done: '完成',
    doneText: '命令列已登入。您可以關閉這個視窗。',
  },
}

export const texts: Readonly<Record<Language, Texts>> = { en, 'zh-TW': zh }
