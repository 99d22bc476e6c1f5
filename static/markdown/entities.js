// @ts-check
// The entities that replies use: HTML 4's, and of HTML 5's those that somebody would write. A
// browser knows 2,231 names, but only innerHTML decodes them.

// The characters from U+00A0 on, in their order.
const LATIN = `
nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2
sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc
Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve
Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute
acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde
ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml
`;

// Each followed by its character.
const OTHERS = `
OElig Œ oelig œ Scaron Š scaron š Yuml Ÿ fnof ƒ circ ˆ tilde ˜ Alpha Α Beta Β Gamma Γ Delta Δ
Epsilon Ε Zeta Ζ Eta Η Theta Θ Iota Ι Kappa Κ Lambda Λ Mu Μ Nu Ν Xi Ξ Omicron Ο Pi Π Rho Ρ Sigma Σ
Tau Τ Upsilon Υ Phi Φ Chi Χ Psi Ψ Omega Ω alpha α beta β gamma γ delta δ epsilon ε zeta ζ eta η
theta θ iota ι kappa κ lambda λ mu μ nu ν xi ξ omicron ο pi π rho ρ sigmaf ς sigma σ tau τ upsilon
υ phi φ chi χ psi ψ omega ω thetasym ϑ upsih ϒ piv ϖ ensp \u2002 emsp \u2003 thinsp \u2009 zwnj
\u200c zwj \u200d lrm \u200e rlm \u200f ndash – mdash — lsquo ‘ rsquo ’ sbquo ‚ ldquo “ rdquo ”
bdquo „ dagger † Dagger ‡ bull • hellip … permil ‰ prime ′ Prime ″ lsaquo ‹ rsaquo › oline ‾ frasl
⁄ euro € image ℑ weierp ℘ real ℜ trade ™ alefsym ℵ larr ← uarr ↑ rarr → darr ↓ harr ↔ crarr ↵ lArr
⇐ uArr ⇑ rArr ⇒ dArr ⇓ hArr ⇔ forall ∀ part ∂ exist ∃ empty ∅ nabla ∇ isin ∈ notin ∉ ni ∋ prod ∏
sum ∑ minus − lowast ∗ radic √ prop ∝ infin ∞ ang ∠ and ∧ or ∨ cap ∩ cup ∪ int ∫ there4 ∴ sim ∼
cong ≅ asymp ≈ ne ≠ equiv ≡ le ≤ ge ≥ sub ⊂ sup ⊃ nsub ⊄ sube ⊆ supe ⊇ oplus ⊕ otimes ⊗ perp ⊥
sdot ⋅ lceil ⌈ rceil ⌉ lfloor ⌊ rfloor ⌋ lang ⟨ rang ⟩ loz ◊ spades ♠ clubs ♣ hearts ♥ diams ♦ amp
& lt < gt > quot " apos ' AMP & LT < GT > QUOT " excl ! num # dollar $ percnt % lpar ( rpar ) ast
* plus + comma , period . sol / colon : semi ; equals = quest ? commat @ lsqb [ lbrack [ bsol \\
rsqb ] rbrack ] Hat ^ lowbar _ grave \` lcub { lbrace { verbar | vert | rcub } rbrace } Tab \t
hyphen ‐ dash ‐ horbar ― check ✓ checkmark ✓ cross ✗ star ☆ starf ★ phone ☎ female ♀
male ♂ sung ♪ flat ♭ natural ♮ sharp ♯ malt ✠ sext ✶ copysr ℗ numero № diamond ⋄ squ □ square □
squf ▪ block █ lozf ⧫ utri ▵ dtri ▿ ltri ◃ rtri ▹ utrif ▴ dtrif ▾ ltrif ◂ rtrif ▸ cir ○ xcirc ◯
bigcirc ◯ frac13 ⅓ frac23 ⅔ frac15 ⅕ frac25 ⅖ frac35 ⅗ frac45 ⅘ frac16 ⅙ frac56 ⅚ frac18 ⅛ frac38
⅜ frac58 ⅝ frac78 ⅞ half ½ nearr ↗ searr ↘ swarr ↙ nwarr ↖ varr ↕ rarrw ↝ map ↦ larrhk ↩ rarrhk ↪
lharu ↼ rharu ⇀ rlarr ⇄ lrarr ⇆ olarr ↺ orarr ↻ cularr ↶ curarr ↷ Larr ↞ Rarr ↠ Uarr ↟ Darr ↡
xlarr ⟵ xrarr ⟶ xharr ⟷ xlArr ⟸ xrArr ⟹ xhArr ⟺ nlarr ↚ nrarr ↛ iff ⇔ setminus ∖ emptyset ∅
varnothing ∅ isinv ∈ in ∈ notinva ∉ coprod ∐ mp ∓ pm ± mnplus ∓ compfn ∘ approx ≈ ap ≈ simeq ≃
sime ≃ nsim ≁ ncong ≇ napprox ≉ nap ≉ thickapprox ≈ nlt ≮ ngt ≯ nle ≰ nge ≱ ll ≪ gg ≫ Ll ⋘ ggg ⋙
lesssim ≲ prec ≺ succ ≻ subset ⊂ supset ⊃ subseteq ⊆ supseteq ⊇ nsup ⊅ nsube ⊈ nsupe ⊉ subne ⊊
supne ⊋ sqcap ⊓ sqcup ⊔ ominus ⊖ odot ⊙ wedge ∧ vee ∨ bigwedge ⋀ bigvee ⋁ bigcap ⋂ bigcup ⋃ top ⊤
bot ⊥ bottom ⊥ vdash ⊢ dashv ⊣ models ⊧ Vdash ⊩ vDash ⊨ therefore ∴ because ∵ becaus ∵ ratio ∶
Colon ∷ Proportion ∷ vprop ∝ propto ∝ infintie ⧝ angle ∠ measuredangle ∡ angmsd ∡ mid ∣ nmid ∤
parallel ∥ par ∥ npar ∦ oint ∮ Int ∬ iiint ∭ hbar ℏ hslash ℏ planck ℏ ell ℓ Re ℜ Im ℑ aleph ℵ beth
ℶ gimel ℷ complexes ℂ Copf ℂ naturals ℕ Nopf ℕ primes ℙ Popf ℙ rationals ℚ Qopf ℚ reals ℝ Ropf ℝ
integers ℤ Zopf ℤ langle ⟨ rangle ⟩ lobrk ⟦ robrk ⟧ ldquor „ lsquor ‚ epsi ε epsiv ϵ varepsilon ϵ
straightepsilon ϵ thetav ϑ vartheta ϑ phiv ϕ varphi ϕ straightphi ϕ rhov ϱ varrho ϱ sigmav ς
varsigma ς gammad ϝ digamma ϝ kappav ϰ ohm Ω mho ℧ angst Å emsp13 \u2004 emsp14 \u2005 numsp
\u2007 puncsp \u2008 hairsp \u200a ZeroWidthSpace \u200b NoBreak \u2060 InvisibleTimes \u2062
InvisibleComma \u2063 ApplyFunction \u2061 Abreve Ă abreve ă Amacr Ā amacr ā Aogon Ą aogon ą
Cacute Ć cacute ć Ccaron Č ccaron č Cdot Ċ cdot ċ Dcaron Ď dcaron ď Dstrok Đ dstrok đ Ecaron Ě
ecaron ě Edot Ė edot ė Emacr Ē emacr ē Eogon Ę eogon ę Gbreve Ğ gbreve ğ Gcedil Ģ Hstrok Ħ hstrok
ħ Idot İ imath ı inodot ı Imacr Ī imacr ī Iogon Į iogon į Kcedil Ķ kcedil ķ Lacute Ĺ lacute ĺ
Lcaron Ľ lcaron ľ Lcedil Ļ lcedil ļ Lstrok Ł lstrok ł Nacute Ń nacute ń Ncaron Ň ncaron ň Ncedil Ņ
ncedil ņ Odblac Ő odblac ő Omacr Ō omacr ō Racute Ŕ racute ŕ Rcaron Ř rcaron ř Rcedil Ŗ rcedil ŗ
Sacute Ś sacute ś Scedil Ş scedil ş Scirc Ŝ scirc ŝ Tcaron Ť tcaron ť Tcedil Ţ tcedil ţ Udblac Ű
udblac ű Umacr Ū umacr ū Uogon Ų uogon ų Uring Ů uring ů Wcirc Ŵ wcirc ŵ Ycirc Ŷ ycirc ŷ Zacute Ź
zacute ź Zcaron Ž zcaron ž Zdot Ż zdot ż IJlig Ĳ ijlig ĳ fflig ﬀ filig ﬁ fllig ﬂ ffilig ﬃ ffllig ﬄ
caret ⁁ incare ℅ telrec ⌕ target ⌖ boxh ─ boxv │ boxdr ┌ boxdl ┐ boxur └ boxul ┘ boxvr ├ boxvl ┤
boxhd ┬ boxhu ┴ boxvh ┼ blank ␣ centerdot · CenterDot · bullet • nldr ‥ mldr … die ¨ dot ˙ ring ˚
breve ˘ caron ˇ Cedilla ¸ ogon ˛ tdot ⃛ tprime ‴ qprime ⁗ bprime ‵ backprime ‵ vellip ⋮ ctdot ⋯
utdot ⋰ dtdot ⋱
`;

/**
 * Each name's character.
 *
 * @type {Map<string, string>}
 */
export const ENTITIES = new Map([["NewLine", "\n"]]);

const others = wordsOf(OTHERS);
for (let at = 0; at < others.length; at += 2) ENTITIES.set(others[at], others[at + 1]);
wordsOf(LATIN).forEach((name, at) => ENTITIES.set(name, String.fromCharCode(0xa0 + at)));

/** @param {string} list */
function wordsOf(list) {
  return list.slice(1, -1).split(/[ \n]+/); // some of the characters are spaces too
}
