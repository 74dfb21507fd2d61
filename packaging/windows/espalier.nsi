; For the user alone: no administrator is asked. VERSION, TREE and OUT come from `package`.
Unicode true
ManifestDPIAware true
RequestExecutionLevel user
SetCompressor /SOLID lzma

Name "Espalier ${VERSION}"
OutFile "${OUT}"
InstallDir "$LOCALAPPDATA\Programs\Espalier"
InstallDirRegKey HKCU "Software\Espalier" "Folder"
ShowInstDetails nevershow

!include "MUI2.nsh"
!include "FileFunc.nsh"
!include "WordFunc.nsh"
!insertmacro un.WordAdd
!define MUI_ICON "${TREE}/espalier.ico"
!define MUI_UNICON "${TREE}/espalier.ico"
!define MUI_FINISHPAGE_RUN "$INSTDIR\espalierw.exe"
!insertmacro MUI_PAGE_COMPONENTS
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "SimpChinese"
!insertmacro MUI_LANGUAGE "English"

LangString MENU ${LANG_ENGLISH} "Start menu"
LangString MENU ${LANG_SIMPCHINESE} "开始菜单"
LangString ONPATH ${LANG_ENGLISH} "Command line (PATH)"
LangString ONPATH ${LANG_SIMPCHINESE} "命令行（PATH）"
LangString OPENS ${LANG_ENGLISH} "Open captures (.pcapng) with it"
LangString OPENS ${LANG_SIMPCHINESE} "可用它打开捕获文件（.pcapng）"

!define GONE "Software\Microsoft\Windows\CurrentVersion\Uninstall\Espalier"

Section "Espalier"
  SectionIn RO
  SetOutPath "$INSTDIR"
  File /r "${TREE}/*"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  WriteRegStr HKCU "Software\Espalier" "Folder" "$INSTDIR"
  WriteRegStr HKCU "${GONE}" "DisplayName" "Espalier"
  WriteRegStr HKCU "${GONE}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${GONE}" "Publisher" "The Espalier authors"
  WriteRegStr HKCU "${GONE}" "DisplayIcon" "$INSTDIR\espalierw.exe"
  WriteRegStr HKCU "${GONE}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${GONE}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${GONE}" "NoModify" 1
  WriteRegDWORD HKCU "${GONE}" "NoRepair" 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegDWORD HKCU "${GONE}" "EstimatedSize" $0
SectionEnd

Section "$(MENU)"
  CreateShortCut "$SMPROGRAMS\Espalier.lnk" "$INSTDIR\espalierw.exe" "" "$INSTDIR\espalier.ico"
SectionEnd

Section "$(OPENS)"
  ; Among the programs of "open with"; whatever opens such files today goes on doing so.
  WriteRegStr HKCU "Software\Classes\Applications\espalierw.exe\shell\open\command" "" '"$INSTDIR\espalierw.exe" "%1"'
  WriteRegStr HKCU "Software\Classes\Applications\espalierw.exe\SupportedTypes" ".pcapng" ""
  WriteRegStr HKCU "Software\Classes\.pcapng\OpenWithList\espalierw.exe" "" ""
SectionEnd

Section /o "$(ONPATH)"
  ; A PATH longer than this installer can read is left as it is.
  ReadRegStr $0 HKCU "Environment" "Path"
  StrLen $1 $0
  ${If} $1 < 7000
    ${WordAdd} $0 ";" "+$INSTDIR" $0
    WriteRegExpandStr HKCU "Environment" "Path" $0
    SendMessage ${HWND_BROADCAST} ${WM_SETTINGCHANGE} 0 "STR:Environment" /TIMEOUT=5000
  ${EndIf}
SectionEnd

Section "Uninstall"
  ; What the user made lies elsewhere, and stays. Files are named: nothing is deleted that was not brought.
  Delete "$INSTDIR\espalier.exe"
  Delete "$INSTDIR\espalierw.exe"
  Delete "$INSTDIR\espalier.ico"
  Delete "$INSTDIR\completions.ps1"
  Delete "$INSTDIR\CHANGELOG.md"
  Delete "$INSTDIR\README.md"
  Delete "$INSTDIR\README.zh-CN.md"
  Delete "$INSTDIR\LICENSE-MIT"
  Delete "$INSTDIR\LICENSE-APACHE"
  Delete "$INSTDIR\THIRD-PARTY.txt"
  RMDir /r "$INSTDIR\fonts"
  RMDir /r "$INSTDIR\manual"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Espalier.lnk"
  DeleteRegKey HKCU "Software\Classes\Applications\espalierw.exe"
  DeleteRegKey HKCU "Software\Classes\.pcapng\OpenWithList\espalierw.exe"
  DeleteRegKey HKCU "${GONE}"
  DeleteRegKey HKCU "Software\Espalier"
  ReadRegStr $0 HKCU "Environment" "Path"
  StrLen $1 $0
  ${If} $1 > 0
  ${AndIf} $1 < 7000
    ${un.WordAdd} $0 ";" "-$INSTDIR" $0
    WriteRegExpandStr HKCU "Environment" "Path" $0
    SendMessage ${HWND_BROADCAST} ${WM_SETTINGCHANGE} 0 "STR:Environment" /TIMEOUT=5000
  ${EndIf}
SectionEnd
