// What is wrong with a sweep file, by line and key.

export { checkSweepFile, type FindFile, type FoundFile } from './check-sweep-file.ts';
export { allSettings, describeSweepFile, type SettingDescription, type SettingMap } from './describe-settings.ts';
export { settingPaths, settingTrees } from './setting-tree.ts';
