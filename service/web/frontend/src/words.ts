// The few texts that scripts show, in the language of the page.

const TEXTS = {
  saving: ["正在保存…", "Saving…"],
  saved: ["{time} 已保存", "Saved at {time}"],
  keptOffline: ["没有网络：填写的内容已留在这台设备上", "No network: what you entered is kept on this device"],
  keptSignedOut: [
    "登录已过期：填写的内容已留在这台设备上，请重新登录后继续",
    "Your sign-in has expired: what you entered is kept on this device; sign in again to go on",
  ],
  keptFailed: ["没有保存到服务器：填写的内容已留在这台设备上", "Not saved on the server: what you entered is kept on this device"],
  conflict: ["别的窗口保存过这张表；您写的还在这里，请对照两份", "Saved in another window meanwhile; what you wrote is still here, compare the two"],
  found: ["这台设备上有 {time} 没有保存的填写内容", "This device holds unsaved entries of {time}"],
  restore: ["恢复", "Restore"],
  discard: ["丢弃", "Discard"],
  whole: ["全图", "Whole diagram"],
  here: ["现在的位置", "Where it is now"],
  closer: ["放大", "Zoom in"],
  wider: ["缩小", "Zoom out"],
  open: ["打开“{name}”的流程图", "Open the diagram of “{name}”"],
  diagram: ["流程图：方向键移动，加减号缩放", "Process diagram: arrow keys move, plus and minus zoom"],
  unreadable: ["流程图没有打开，请看下面的文字说明", "The diagram could not be opened; see the text below"],
} as const;

const english = document.documentElement.lang.toLowerCase().startsWith("en");

/** The text `key`, its `{slots}` filled. */
export function text(key: keyof typeof TEXTS, slots: Readonly<Record<string, string>> = {}): string {
  const template: string = TEXTS[key][english ? 1 : 0];
  return template.replace(/\{(\w+)\}/g, (_, name: string) => slots[name] ?? "");
}

/** A moment as a clerk writes it: today the time, else month, day and time. */
export function moment(at: Date): string {
  const time = at.toTimeString().slice(0, 8);
  if (at.toDateString() === new Date().toDateString()) return time;
  const date = english ? at.toISOString().slice(5, 10) : `${at.getMonth() + 1}月${at.getDate()}日`;
  return `${date} ${time.slice(0, 5)}`;
}
