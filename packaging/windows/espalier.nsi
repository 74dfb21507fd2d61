; For the user alone: no administrator is asked. VERSION, TREE, LISTS and OUT come from `package`, which writes the lists of files:
; each in its order, so that the installer is the same wherever it is made, and the same files are removed that were brought.
; For 64 bits, as the program is: elsewhere it does not even begin.
Target amd64-unicode
ManifestDPIAware true
RequestExecutionLevel user
SetCompressor /SOLID lzma

Name "Espalier ${VERSION}"
OutFile "${OUT}"
InstallDir "$LOCALAPPDATA\Programs\Espalier"
InstallDirRegKey HKCU "Software\Espalier" "Folder"
ShowInstDetails hide

!include "MUI2.nsh"
!include "FileFunc.nsh"
!include "WordFunc.nsh"
!include "Sections.nsh"
!insertmacro un.WordAdd
!define MUI_ICON "${TREE}/espalier.ico"
!define MUI_UNICON "${TREE}/espalier.ico"
!define MUI_FINISHPAGE_RUN "$INSTDIR\espalierw.exe"
!define MUI_COMPONENTSPAGE_NODESC
!insertmacro MUI_PAGE_COMPONENTS
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
; The first is for everybody whose language is neither.
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "SimpChinese"

LangString MENU ${LANG_ENGLISH} "Start menu"
LangString MENU ${LANG_SIMPCHINESE} "开始菜单"
LangString ONPATH ${LANG_ENGLISH} "Command line (PATH)"
LangString ONPATH ${LANG_SIMPCHINESE} "命令行（PATH）"
LangString LONGPATH ${LANG_ENGLISH} "PATH is too long to be changed here, and stays as it is"
LangString LONGPATH ${LANG_SIMPCHINESE} "PATH 过长，无法在此修改，保持原样"
LangString RUNNING ${LANG_ENGLISH} "Espalier is running, or another program has its files open. Close it, and try again."
LangString RUNNING ${LANG_SIMPCHINESE} "Espalier 正在运行，或其文件正被其他程序使用。请关闭后重试。"
LangString OPENS ${LANG_ENGLISH} "Open captures (.pcapng) with it"
LangString OPENS ${LANG_SIMPCHINESE} "可用它打开捕获文件（.pcapng）"

; The user's PATH with our folder in it, or without. This installer reads an empty text where one is longer than it can hold (1024
; characters), so the length is asked for first: such a PATH is left as it is, and that is told.
!macro ChangePath CHANGE SIGN
  ; Text of either kind, as it is written (RRF_RT_REG_SZ, RRF_RT_REG_EXPAND_SZ, RRF_NOEXPAND): its bytes.
  System::Call 'advapi32::RegGetValueW(p 0x80000001, w "Environment", w "Path", i 0x10000006, p 0, p 0, *i .r1) i .r0'
  StrLen $2 $INSTDIR
  IntOp $1 $1 / 2
  IntOp $2 $1 + $2
  ${If} $0 = 2
    ; There is none.
    ${If} "${SIGN}" == "+"
      WriteRegExpandStr HKCU "Environment" "Path" $INSTDIR
    ${EndIf}
  ${ElseIf} $0 <> 0
  ${OrIf} $2 > 1000
    DetailPrint "$(LONGPATH)"
  ${Else}
    ReadRegStr $0 HKCU "Environment" "Path"
    ${CHANGE} $0 ";" "${SIGN}$INSTDIR" $1
    ${If} $1 == ""
      DeleteRegValue HKCU "Environment" "Path"
    ${ElseIf} $1 != $0
      WriteRegExpandStr HKCU "Environment" "Path" $1
    ${EndIf}
  ${EndIf}
  SendMessage ${HWND_BROADCAST} ${WM_SETTINGCHANGE} 0 "STR:Environment" /TIMEOUT=5000
!macroend

; A program that runs is neither replaced nor removed. What asks no questions ends with an error then: passed over in silence, the old
; program would stay beside new pages.
!macro NotRunning NAME
  ${Do}
    ${IfNot} ${FileExists} "$INSTDIR\${NAME}"
      ${ExitDo}
    ${EndIf}
    ClearErrors
    FileOpen $0 "$INSTDIR\${NAME}" a
    ${IfNot} ${Errors}
      FileClose $0
      ${ExitDo}
    ${EndIf}
    MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "$(RUNNING)" /SD IDCANCEL IDRETRY +2
    Abort
  ${Loop}
!macroend

!define GONE "Software\Microsoft\Windows\CurrentVersion\Uninstall\Espalier"

Section "Espalier"
  SectionIn RO
  !insertmacro NotRunning "espalier.exe"
  !insertmacro NotRunning "espalierw.exe"
  ; Pages of an older version.
  RMDir /r "$INSTDIR\manual"
  !include "${LISTS}/install.nsh"
  SetOutPath "$INSTDIR"
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

Section /o "$(ONPATH)" OnPath
  !insertmacro ChangePath "${WordAdd}" "+"
SectionEnd

; `/S /PATH` installs silently, and has the command line as well: what winget asks for.
Function .onInit
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/PATH" $1
  ${IfNot} ${Errors}
    !insertmacro SelectSection ${OnPath}
  ${EndIf}
FunctionEnd

Section "Uninstall"
  !insertmacro NotRunning "espalier.exe"
  !insertmacro NotRunning "espalierw.exe"
  ; What the user made lies elsewhere, and stays. Files are named: nothing is deleted that was not brought.
  !include "${LISTS}/remove.nsh"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Espalier.lnk"
  DeleteRegKey HKCU "Software\Classes\Applications\espalierw.exe"
  DeleteRegKey HKCU "Software\Classes\.pcapng\OpenWithList\espalierw.exe"
  DeleteRegKey /ifempty HKCU "Software\Classes\.pcapng\OpenWithList"
  DeleteRegKey /ifempty HKCU "Software\Classes\.pcapng"
  DeleteRegKey HKCU "${GONE}"
  DeleteRegKey HKCU "Software\Espalier"
  !insertmacro ChangePath "${un.WordAdd}" "-"
SectionEnd
