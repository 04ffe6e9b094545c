r"""Adversarial rows for the mathematics verifier: (category, gold, content of the box, expected). Written for Armature.

`OUTPUTS` holds whole model outputs instead of contents of the box. Every row but `HANGING` ends by itself.
"""

from __future__ import annotations

_FORMATS = r"""
integer | 18 | 18 | 1
integer | 18 | +18 | 1
integer | 18 | 18.00 | 1
integer | 18 | \$18 | 1
integer | 18 | $18$ | 1
integer | 18 | \textbf{18} | 1
integer | 18 | \mathrm{18} | 1
integer | 18 | \underline{18} | 1
integer | 18 | {18} | 1
integer | 18 | (18) | 1
integer | 18 | \displaystyle 18 | 1
integer | 18 | 18\, | 1
integer | 18 | 18\! | 1
integer | 18 | ~18 | 1
integer | 18 | １８ | 1
integer | 18 | -18 | 0
integer | 18 | 17.999999999 | 0
integer | 18 | 18.000001 | 0
integer | 18 | 1 8 | 0
integer | 18 | 1,8 | 0
integer | 18 | 1.8 | 0
integer | 18 | 18! | 0
integer | 18 | 18i | 0
integer | 18 | \sqrt{18} | 0
integer | 18 | 18x | 0
integer | 18 | 2 \cdot 9 | 1
integer | 18 | 2 \times 3^2 | 1
integer | 18 | \frac{36}{2} | 1
integer | 18 | 36/2 | 1
integer | 007 | 7 | 1
integer | 7 | 007 | 1
integer | -4 | - 4 | 1
integer | -4 | –4 | 1
integer | -4 | {-4} | 1
integer | -4 | (-4) | 1
integer | 0 | -0 | 1
integer | 0 | 0.0 | 1
integer | 0 | \emptyset | 0
integer | 0 | \text{none} | 0
integer | 1000000 | 1,000,000 | 1
integer | 1000000 | 1{,}000{,}000 | 1
integer | 1000000 | 1\,000\,000 | 1
integer | 1000000 | 1 000 000 | 1
integer | 1000000 | 1,\!000,\!000 | 1
integer | 1000000 | 1,000,00 | 0
integer | 1000000 | 100,000,0 | 0
integer | 1000000 | 1.0 \times 10^6 | 1
integer | 1000000 | 10^6 | 1
integer | 1000000 | 10^7 | 0
integer | 1234 | 1,234 | 1
integer | 1234.5 | 1,234.5 | 1
integer | 1234.5 | 1,234.50 | 1
integer | 70000 | 70.000 | 0
integer | 70000 | 70 | 0
integer | 70000 | 70,0000 | 0
integer | 120 | 5! | 1
integer | 720 | 3!! | 0
integer | 56 | {8 \choose 3} | 1
integer | 56 | 8 \choose 3 | 1
integer | 70 | {8 \choose 3} | 0
integer | 56 | \binom83 | 1
integer | 252 | \dbinom{10}{5} | 1
integer | 2^{10} | 1024 | 1
integer | 1024 | 2^10 | 1
integer | 1024 | 2^{11} | 0
integer | 3 | \lfloor \pi \rfloor | 1
integer | 3 | \lceil 2.1 \rceil | 1
integer | 3 | \left\lfloor 3.99 \right\rfloor | 1
integer | 4 | \lfloor 3.99 \rfloor | 0
integer | 3 | |-3| | 1
integer | 3 | \left|-3\right| | 1
integer | 3 | \sqrt{9} | 1
integer | -3 | \sqrt{9} | 0
integer | -2 | \sqrt[3]{-8} | 1
integer | 2 | \sqrt[3]{8} | 1
integer | 2 | \log_2 4 | 1
integer | 2 | \log_{10} 100 | 1
integer | 6 | \gcd(12, 18) | 1
integer | 36 | \operatorname{lcm}(12, 18) | 1
integer | 36 | \text{lcm}(12,18) | 1
integer | 55 | \sum_{k=1}^{10} k | 1
integer | 55 | \sum_{i=1}^{10} i | 1
integer | 54 | \sum_{k=1}^{10} k | 0
integer | 24 | \prod_{k=1}^{4} k | 1
"""
_FRACTIONS = r"""
fraction | \frac{3}{4} | \dfrac{3}{4} | 1
fraction | \frac{3}{4} | \cfrac{3}{4} | 1
fraction | \frac34 | \frac{3}{4} | 1
fraction | \frac{3}{4} | \frac 34 | 1
fraction | \frac{3}{4} | \frac3{4} | 1
fraction | \frac{3}{4} | 3 / 4 | 1
fraction | \frac{3}{4} | 3 \div 4 | 1
fraction | \frac{3}{4} | 0.75 | 1
fraction | \frac{3}{4} | .75 | 1
fraction | \frac{3}{4} | 0.750 | 1
fraction | \frac{3}{4} | 75\% | 1
fraction | \frac{3}{4} | \frac{-3}{-4} | 1
fraction | \frac{3}{4} | \frac{0.3}{0.4} | 1
fraction | \frac{3}{4} | 3⁄4 | 1
fraction | \frac{3}{4} | \frac{3}{5} | 0
fraction | \frac{3}{4} | \frac{3}{-4} | 0
fraction | \frac{3}{4} | 0.7500001 | 0
fraction | \frac{3}{4} | 0.76 | 0
fraction | \frac{3}{4} | 3 | 0
fraction | \frac{3}{4} | 4 | 0
fraction | \frac{3}{4} | 3:4 | 1
fraction | -\frac{1}{2} | \frac{-1}{2} | 1
fraction | -\frac{1}{2} | \frac{1}{-2} | 1
fraction | -\frac{1}{2} | -0.5 | 1
fraction | -\frac{1}{2} | -\left(\frac{1}{2}\right) | 1
fraction | -\frac{1}{2} | \frac{-1}{-2} | 0
fraction | \frac{13}{4} | 3\tfrac14 | 1
fraction | \frac{13}{4} | 3¼ | 1
fraction | \frac{13}{4} | 3+\frac14 | 1
fraction | \frac{13}{4} | 3 \cdot \frac14 | 0
fraction | \frac{13}{4} | 3-\frac14 | 0
fraction | -\frac{13}{4} | -3\frac14 | 1
fraction | -\frac{11}{4} | -3\frac14 | 0
fraction | 137\frac{1}{2} | 137.5 | 1
fraction | 137\frac{1}{2} | \frac{275}{2} | 1
fraction | \frac{2}{3} | 0.67 | 0
fraction | \frac{2}{3} | 0.6667 | 0
fraction | \frac{2}{3} | 0.\overline{6} | 1
fraction | \frac{2}{3} | 0.66\overline{6} | 1
fraction | \frac{1}{7} | 0.\overline{142857} | 1
fraction | \frac{1}{6} | 0.1\overline{6} | 1
fraction | \frac{1}{6} | 0.\overline{16} | 0
fraction | 1 | 0.\overline{9} | 1
fraction | \frac{2024}{2025} | \frac{2025}{2026} | 0
fraction | \frac{1}{2^{99}} | 2^{-99} | 1
fraction | \frac{1}{2^{99}} | 0 | 0
fraction | 10^{-20} | 10^{-21} | 0
fraction | 10^{-20} | 0 | 0
fraction | \frac{1}{1+\frac{1}{2}} | \frac{2}{3} | 1
fraction | \frac{a}{b} | a/b | 1
fraction | \frac{a}{b} | b/a | 0
fraction | \frac{a+b}{2} | (a+b)/2 | 1
fraction | \frac{a+b}{2} | a+b/2 | 0
fraction | \frac{a+b}{2} | \frac{1}{2}(a+b) | 1
fraction | \frac{5\sqrt{2}}{2} | \frac{5}{\sqrt{2}} | 1
fraction | \frac{270}7\text{ degrees} | \frac{270}{7} | 1
decimal | 0.5 | .5 | 1
decimal | 0.5 | \frac{1}{2} | 1
decimal | 0.5 | 0.05 | 0
decimal | 0.5 | 5 | 0
decimal | 3.14 | 3.140 | 1
decimal | 3.14 | 3.1416 | 0
decimal | 3.14 | 3.14159 | 0
decimal | 3.14 | \frac{157}{50} | 1
decimal | 3.14 | \frac{22}{7} | 0
decimal | 4.5e33 | 4.5e33 | 1
decimal | 4.5e33 | 4.5 \cdot 10^{33} | 1
decimal | 4.5e33 | 4.5e34 | 0
decimal | 4.5e33 | 45 \times 10^{32} | 1
decimal | 1e-5 | 10^{-5} | 1
decimal | 1e-5 | 0.00001 | 1
decimal | 1e-5 | 0 | 0
decimal | 1e-5 | 1e-6 | 0
decimal | -1./3 | -\frac13 | 1
decimal | 1.1e-7 | 1.1 \times 10^{-7} | 1
decimal | 1.1e-7 | 1.2 \times 10^{-7} | 0
decimal | 6.02 \times 10^{23} | 6.02\cdot 10^{23} | 1
decimal | 6.02 \times 10^{23} | 6.02 \times 10^{22} | 0
decimal | 6.02 \times 10^{23} | 602 \times 10^{21} | 1
decimal | 2^{100} | 2^{101} | 0
decimal | 2^{100} | 4^{50} | 1
decimal | 10^{50} | 10^{50}+1 | 0
decimal | \sqrt{2} | 1.414 | 0
decimal | \sqrt{2} | \frac{141421356}{100000000} | 0
decimal | \sqrt{2} | 1.5 | 0
decimal | \pi | \frac{22}{7} | 0
decimal | \pi | 3.14 | 0
decimal | \pi | \frac{355}{113} | 0
decimal | e | 2.71828 | 0
decimal | 1.5 | 1.5 \approx 2 | 1
decimal | \frac{1}{3} | \frac13 \approx 0.333 | 1
decimal | 2 | 1.5 \approx 2 | 1
decimal | 6 | 5 \approx 6 | 0
decimal | 5 | x \approx 5 | 1
"""
_UNITS = r"""
percent | 50\% | 50 \% | 1
percent | 50\% | 50\text{ percent} | 1
percent | 50\% | 50\text{\%} | 1
percent | 50\% | \frac{1}{2} | 1
percent | 50\% | 5\% | 0
percent | 50\% | 0.5\% | 0
percent | 50\% | 0.50 | 1
percent | 62.5% | 62.5\% | 1
percent | 62.5% | 62\frac12\% | 1
percent | 8 \% | 8\% | 1
percent | 4 | 4\% | 1
percent | 0.5 | 0.5\% | 0
percent | 5 | 500\% | 1
percent | 5 | 50\% | 0
unit | 5 | 5\text{ cm} | 1
unit | 5 | 5\ \text{cm} | 1
unit | 5 | 5\,\mathrm{cm} | 1
unit | 5 | 5 \text{ meters} | 1
unit | 5 | 5\text{ m/s} | 1
unit | 5 | 5 \text{ m}^2 | 1
unit | 5 | 5\text{ apples} | 1
unit | 5 | 5 apples | 1
unit | 5 | 5 hours | 1
unit | 5 | 5\text{ square feet} | 1
unit | 5 | 5\text{ cubic inches} | 1
unit | 5 | 5\text{ or more} | 0
unit | 5 | 5\text{ million} | 0
unit | 5 | 5 \text{ dozen} | 0
unit | 5 | \text{at least } 5 | 0
unit | 5 | \text{about } 5 | 0
unit | 5 | \text{not } 5 | 0
unit | 5 | 6 \text{ cm} | 0
unit | 5 | 25 \text{ cm}^2 | 0
unit | 5 \text{ cm} | 5 | 1
unit | 5 \text{ cm} | 5\text{ cm} | 1
unit | 5 \text{ cm} | 5\text{ km} | 0
unit | 5 \text{ cm} | 5 \text{ cm}^2 | 0
unit | 5 \text{ cm} | 50\text{ mm} | 1
unit | 15\mbox{ cm}^2 | 15 | 1
unit | 15\mbox{ cm}^2 | 15\text{ cm}^2 | 1
unit | 15\mbox{ cm}^2 | 15\text{ square centimeters} | 1
unit | 864 \mbox{ inches}^2 | 864 | 1
unit | 864 \mbox{ inches}^2 | 864\text{ in}^2 | 1
unit | 1 \text{ hour} | 60 \text{ minutes} | 1
unit | 1 \text{ hour} | 60 | 0
unit | 2\text{ hours} | 2\text{ minutes} | 0
unit | \$18.90 | 18.90 | 1
unit | \$18.90 | \$18.9 | 1
unit | \$18.90 | 18.90 \text{ dollars} | 1
unit | \$18.90 | \$19 | 0
unit | \$18.90 | \text{€}18.90 | 0
unit | \$32,\!348 | 32348 | 1
unit | \$32,\!348 | \$32,348 | 1
unit | \$32,\!348 | 32,348 \text{ dollars} | 1
unit | 36 | \$36.00 | 1
unit | 36 | \text{\$}36 | 1
unit | 36 | 36\$ | 1
unit | 90^\circ | 90 | 1
unit | 90^\circ | 90^{\circ} | 1
unit | 90^\circ | 90\text{°} | 1
unit | 90^\circ | 90\degree | 1
unit | 90^\circ | 89 | 0
unit | 90 | \frac{\pi}{2} | 0
unit | \frac{\pi}{2} | 90 | 0
unit | \frac{\pi}{2} | 90^\circ | 1
unit | \frac{\pi}{2} | 80^\circ | 0
unit | 9\text{ values} | 9 | 1
unit | 3 | 3\pi | 0
unit | 10 | 10\text{ km/h} | 1
unit | 10 \text{ km/h} | 10\text{ m/s} | 0
unit | 3:30 | 3:30 | 1
unit | 3:30 | 1:10 | 0
unit | 3:30 | 3.5 | 0
"""
_ALGEBRA = r"""
radical | 2\sqrt{3} | 2\sqrt3 | 1
radical | 2\sqrt{3} | 2 \cdot \sqrt{3} | 1
radical | 2\sqrt{3} | 2√3 | 1
radical | 2\sqrt{3} | 12^{1/2} | 1
radical | 2\sqrt{3} | \frac{6}{\sqrt{3}} | 1
radical | 2\sqrt{3} | 3\sqrt{2} | 0
radical | 2\sqrt{3} | \sqrt{6} | 0
radical | 2\sqrt{3} | 2\sqrt[3]{3} | 0
radical | 2\sqrt{3} | -2\sqrt{3} | 0
radical | \sqrt{2}+\sqrt{3} | \sqrt{3}+\sqrt{2} | 1
radical | \sqrt{2}+\sqrt{3} | \sqrt{5} | 0
radical | \sqrt{2}+\sqrt{3} | \sqrt{5+2\sqrt{6}} | 1
radical | \sqrt{2}\sqrt{3} | \sqrt{6} | 1
radical | \frac{1}{1+\sqrt{2}} | \sqrt{2}-1 | 1
radical | \frac{1}{1+\sqrt{2}} | \sqrt{2}+1 | 0
radical | 5\sqrt[3]{4} | \sqrt[3]{500} | 1
radical | 10^{1/100} | \sqrt[100]{10} | 1
radical | 2^{-2/3} | \frac{1}{\sqrt[3]{4}} | 1
radical | 2^{1/2} | 2^{1/3} | 0
radical | \frac{8}{\sqrt[3]{7}} | \frac{8\sqrt[3]{49}}{7} | 1
radical | \frac{\sqrt{6}-\sqrt{2}}{4} | \sin 15^\circ | 1
radical | e^2 | e^{2} | 1
radical | e^2 | e \cdot e | 1
radical | e^2 | 2e | 0
radical | \ln 2 | -\ln \frac12 | 1
radical | \ln 2 | \log 2 | 1
radical | \ln 2 | \ln(2) | 1
radical | \ln 2 | \ln 3 | 0
radical | \ln 2 | 0.69 | 0
radical | \log_2 3 | \frac{\ln 3}{\ln 2} | 1
radical | \log_2 3 | \log_3 2 | 0
radical | \log_4 9 | \log_2 3 | 1
radical | \sin 1 | \cos 1 | 0
radical | \sin \frac{\pi}{6} | \frac12 | 1
radical | \cos^2 1 + \sin^2 1 | 1 | 1
radical | \arctan 1 | \frac{\pi}{4} | 1
radical | \arcsin\frac12 | 30^\circ | 0
radical | \tan^{-1} 1 | \frac{\pi}{4} | 1
radical | 4\pi | \pi 4 | 1
radical | 4\pi | \pi \cdot 4 | 1
radical | 4\pi | 4\pi^2 | 0
radical | \frac{\pi}{6} | \frac{1}{6}\pi | 1
radical | \frac{\pi}{6} | \pi/6 | 1
radical | 18+2\pi | 2(\pi+9) | 1
infix | 4/3 | {4 \over 3} | 1
infix | 4/3 | 4 \over 3 | 1
infix | -4/3 | -{4 \over 3} | 1
infix | -4/3 | {-4 \over 3} | 1
infix | \frac{\sqrt{3}}{2} | {\sqrt{3} \over 2} | 1
infix | \frac{\sqrt{3}}{2} | {{\sqrt{3}} \over {2}} | 1
infix | \frac{x+1}{x-1} | {x+1 \over x-1} | 1
infix | \frac{x+1}{x-1} | {{x+1}\over{x-1}} | 1
infix | \frac{x^2}{4} | {x \over 2}^2 | 1
infix | \sqrt{\frac13} | \sqrt{1 \over 3} | 1
infix | x^{1/3} | x^{1 \over 3} | 1
infix | 7/3 | 2{1 \over 3} | 1
infix | \frac{1}{1+\frac{1}{2}} | {1 \over 1+{1 \over 2}} | 1
infix | \binom{n+1}{k} | {{n+1} \choose k} | 1
infix | 10 | {5 \choose 2} | 1
infix | 10 | 5 \choose 2 | 1
infix | (1/2, 1/3) | ({1 \over 2}, {1 \over 3}) | 1
infix | \{1/2, 1/3\} | \{{1 \over 2}, {1 \over 3}\} | 1
infix | x=1/2 | x = {1 \over 2} | 1
infix | \log_{1/2} 5 | \log_{1 \over 2} 5 | 1
infix | 2/3 | \frac{1 \over 3}{1 \over 2} | 1
infix | 0.5\pi | {\pi \over 2} | 1
infix | [0, \frac{\pi}{2}] | \left[0, {\pi \over 2}\right] | 1
infix | 4/3 | {3 \over 4} | 0
infix | 4/3 | {4 \over 3 \over 1} | 0
infix | 4/3 | {4 \over 1 \over 3} | 0
infix | 4/3 | 4 \over 3, 1 | 0
infix | 4/3 | {4 \over 3}, 1 | 0
infix | 2/3 | 2{1 \over 3} | 0
infix | 4/3 | {4 \over }3 | 0
infix | 4/3 | {\over 4}3 | 0
infix | 4/3 | 4 \overline 3 | 0
infix | 12 | 1{2 \over 0} | 0
infix | 3 | {1 + 2 \over 3} | 0
infix | 7/3 | x = 7 \over 3 + y | 0
infix | 3/2 | 1 + {1 \over 2} + {1 \choose 1} | 0
infix | 5/2 | {5 \choose 2} | 0
infix | 1/2 | \{1 \over 2\} | 0
infix | 6 | {1 \over 2} \over {1 \over 3} | 0
symbolic | x^2+2x+1 | (x+1)(x+1) | 1
symbolic | x^2+2x+1 | x^2+2x | 0
symbolic | x^2+2x+1 | 1+x(x+2) | 1
symbolic | 2x | x+x | 1
symbolic | 2x | x^2 | 0
symbolic | 2x | 2 | 0
symbolic | 2x | 2y | 0
symbolic | xy | yx | 1
symbolic | x^2y | y x^2 | 1
symbolic | x^{2y} | x^2 y | 0
symbolic | |x| | x | 0
symbolic | \sqrt{x^2} | x | 0
symbolic | \sqrt{x^2} | |x| | 1
symbolic | |x-1| | |1-x| | 1
symbolic | a_1 | a_{1} | 1
symbolic | a_1 | a_2 | 0
symbolic | a_n | a^n | 0
symbolic | \sec^2 y | 1+\tan^2 y | 1
symbolic | \cot x | \frac{\cos x}{\sin x} | 1
symbolic | \cot x | \tan x | 0
symbolic | \cos 2x | 1-2\sin^2 x | 1
symbolic | \cos 2x | 2\cos x | 0
symbolic | e^{x+y} | e^x e^y | 1
symbolic | e^{x+y} | e^x+e^y | 0
symbolic | e^{-t/(RC)} | e^{-\frac{t}{RC}} | 1
symbolic | 2^{n+1} | 2 \cdot 2^n | 1
symbolic | 2^{n+1} | 2^n+1 | 0
symbolic | n! | n \cdot (n-1)! | 1
symbolic | n! | (n-1)! | 0
symbolic | \binom{2n}{n} | \frac{(2n)!}{(n!)^2} | 1
symbolic | \binom{n}{2} | \frac{n(n-1)}{2} | 1
symbolic | \binom{n}{2} | \frac{n(n+1)}{2} | 0
symbolic | \left\lfloor\frac{n}{2}\right\rfloor | \frac{n}{2} | 0
symbolic | \lfloor n/2 \rfloor | \left\lfloor \frac{n}{2} \right\rfloor | 1
symbolic | (-1)^n | 1 | 0
symbolic | (-1)^n | (-1)^{n+2} | 1
symbolic | (a+5)(b+2) | ab+2a+5b+10 | 1
symbolic | (a+5)(b+2) | ab+10 | 0
symbolic | \frac{1}{x}+\frac{1}{y} | \frac{x+y}{xy} | 1
symbolic | \frac{1}{x}+\frac{1}{y} | \frac{1}{x+y} | 0
symbolic | \frac{dM}{dt} | \frac{M}{t} | 0
symbolic | x' | x | 0
symbolic | \alpha | α | 1
symbolic | \alpha | a | 0
symbolic | \theta | \phi | 0
symbolic | x | X | 0
equation | y=2x+1 | y = 1+2x | 1
equation | y=2x+1 | 2x+1=y | 1
equation | y=2x+1 | y-2x-1=0 | 1
equation | y=2x+1 | y=2x-1 | 0
equation | y=2x+1 | x=2y+1 | 0
equation | 5x - 7y + 11z + 4 = 0 | 10x-14y+22z+8=0 | 1
equation | 5x - 7y + 11z + 4 = 0 | 5x-7y+11z=-4 | 1
equation | 5x - 7y + 11z + 4 = 0 | 5x-7y+11z=4 | 0
equation | x^2+y^2=4 | x^2+y^2=16 | 0
equation | x^2+y^2=4 | 2x^2+2y^2=8 | 1
equation | x^2+y^2=4 | x^2+y^2 | 0
equation | x^2+y^2=4 | 4 | 0
equation | x=5 | 5 | 1
equation | 5 | x=5 | 1
equation | 5 | 5=x | 1
equation | 5 | f(2)=5 | 1
equation | 5 | m+n=5 | 1
equation | 5 | \angle ABC = 5^\circ | 1
equation | 5 | 2+3=5 | 1
equation | 5 | x = 2+3 = 5 | 1
equation | 5 | 2+2=5 | 0
equation | 5 | x=6 | 0
equation | 5 | x=5=6 | 0
equation | 0 | x=0 | 1
equation | 0 | x^2-1=0 | 0
equation | 0 | 1=0 | 0
equation | 0 | 0=0 | 0
equation | f(x)=x+1 | x+1 | 1
equation | f(x)=x+1 | f(x)=1+x | 1
equation | f(x)=x+1 | f(x)=x-1 | 0
equation | SRAC=LRAC | SRAC = LRAC | 1
equation | SRAC=LRAC | SRAC=SRMC | 0
complex | 3+4i | 4i+3 | 1
complex | 3+4i | 3+4\mathrm{i} | 1
complex | 3+4i | 3+4 | 0
complex | 3+4i | 3i+4 | 0
complex | 3+4i | -(3+4i) | 0
complex | i | \sqrt{-1} | 1
complex | -1 | i^2 | 1
complex | -1 | e^{i\pi} | 1
complex | 1 | e^{i\pi} | 0
complex | 2i | \sqrt{-4} | 1
complex | \frac{1}{2}+\frac{\sqrt{3}}{2}i | e^{i\pi/3} | 1
complex | \frac{1}{2}+\frac{\sqrt{3}}{2}i | \frac{1+i\sqrt{3}}{2} | 1
complex | \frac{1}{2}+\frac{\sqrt{3}}{2}i | \frac{1-i\sqrt{3}}{2} | 0
complex | \frac{1}{1+i} | \frac{1-i}{2} | 1
complex | \frac{1}{1+i} | \frac{1+i}{2} | 0
complex | \operatorname{cis} 60^\circ | 60 | 0
"""
_COLLECTIONS = r"""
interval | [0,1) | [0, 1) | 1
interval | [0,1) | \left[0,1\right) | 1
interval | [0,1) | 0 \le x < 1 | 1
interval | [0,1) | x \in [0,1) | 1
interval | [0,1) | \{x \mid 0 \le x < 1\} | 1
interval | [0,1) | 0 < x < 1 | 0
interval | [0,1) | [0,1] | 0
interval | [0,1) | [0,2) | 0
interval | [0,1) | 0,1 | 0
interval | [0,1) | [0,1)\cup(2,3) | 0
interval | (3,4] | 3 < x \le 4 | 1
interval | (3,4] | 4 \ge x > 3 | 1
interval | (3,4] | ]3,4] | 1
interval | (3,4] | (3,4) | 0
interval | (-\infty, 0] | x \le 0 | 1
interval | (-\infty, 0] | 0 \ge x | 1
interval | (-\infty, 0] | (-\infty,0) | 0
interval | (-\infty, 0] | ]-\infty,0] | 1
interval | (2,\infty) | x>2 | 1
interval | (2,\infty) | (2, +\infty) | 1
interval | (2,\infty) | (2,∞) | 1
interval | (2,\infty) | x \ge 2 | 0
interval | (2,\infty) | 2 | 0
interval | (2,\infty) | (\infty,2) | 0
interval | (-\infty, 2) \cup (3, \infty) | x<2 \text{ or } x>3 | 1
interval | (-\infty, 2) \cup (3, \infty) | (3,\infty)\cup(-\infty,2) | 1
interval | (-\infty, 2) \cup (3, \infty) | (-\infty,2)\cup[3,\infty) | 0
interval | (-\infty, 2) \cup (3, \infty) | (-\infty, 2), (3, \infty) | 0
interval | (0,9) \cup (9,36) | (0,36) | 0
interval | [0,1]\cup[1,2] | [0,2] | 1
interval | [0,1)\cup(1,2] | [0,2] | 0
interval | (-\infty,\infty) | \mathbb{R} | 1
interval | \mathbb{R} | ℝ | 1
interval | \mathbb{R} | \mathbb{Q} | 0
interval | x \in [-2,7] | [-2,7] | 1
interval | x \in [-2,7] | -2 \le x \le 7 | 1
interval | x \in [-2,7] | (-2,7) | 0
interval | [ -1, 1 ] | |x| \le 1 | 1
interval | [ -1, 1 ] | |x| < 1 | 0
interval | k \neq 1 | k \ne 1 | 1
interval | k \neq 1 | k = 1 | 0
interval | k \neq 1 | 1 | 0
interval | \alpha > 1 | \alpha > 1 | 1
interval | \alpha > 1 | 1 < \alpha | 1
interval | \alpha > 1 | \beta > 1 | 0
interval | b - a > 1 | a - b < -1 | 1
interval | b - a > 1 | a - b > 1 | 0
interval | \left(\frac{3}{5},\frac{8}{3}\right] | (0.6, 8/3] | 1
interval | (-\infty,-5) | x < -5 | 1
interval | 3 | x>3 | 0
interval | 3 | \{3\} | 0
interval | 3 | [3, 3] | 0
interval | 3 | (3, 4) | 0
set | \{1,2,3\} | 1,2,3 | 1
set | \{1,2,3\} | \{1, 3, 2\} | 1
set | \{1,2,3\} | \left\{1,2,3\right\} | 1
set | \{1,2,3\} | 1, 2 \text{ and } 3 | 1
set | \{1,2,3\} | 1, 2, \text{and } 3 | 1
set | \{1,2,3\} | \{1,2\} | 0
set | \{1,2,3\} | \{1,2,3,4\} | 0
set | \{1,2,3\} | \{1,2,4\} | 0
set | \{1,2,3\} | 6 | 0
set | 1,2 | 2, 1 | 1
set | 1,2 | \{1,2\} | 1
set | 1,2 | x=1, x=2 | 1
set | 1,2 | x=1,2 | 1
set | 1,2 | x \in \{1,2\} | 1
set | 1,2 | 1 \text{ or } 2 | 1
set | 1,2 | 1 and 2 | 1
set | 1,2 | 1;2 | 1
set | 1,2 | 1,2,3 | 0
set | 1,2 | 12 | 0
set | 1,2 | 1.2 | 0
set | 1,2 | 2 | 0
set | 1,2 | 1,1 | 0
set | 69,84 | 69 \text{ and } 84 | 1
set | 1 | 1 \text{ and } 1 | 0
set | 1 \pm \sqrt{19} | 1+\sqrt{19}, 1-\sqrt{19} | 1
set | 1 \pm \sqrt{19} | 1-\sqrt{19}, 1+\sqrt{19} | 1
set | 1 \pm \sqrt{19} | x = 1 \pm \sqrt{19} | 1
set | 1 \pm \sqrt{19} | 1-\sqrt{19} | 0
set | 1 \pm \sqrt{19} | -1 \pm \sqrt{19} | 0
set | \{1\pm\sqrt{5},-2\} | -2, 1+\sqrt5, 1-\sqrt5 | 1
set | \{1\pm\sqrt{5},-2\} | -2, 1+\sqrt5 | 0
set | \pm 2 | 2, -2 | 1
set | \pm 2 | -2 | 0
set | 2 | \pm 2 | 0
set | \frac{-1\pm\sqrt{5}}{2} | \frac{\sqrt{5}-1}{2}, \frac{-\sqrt{5}-1}{2} | 1
set | \emptyset | \{\} | 1
set | \emptyset | 0 | 0
set | \emptyset | \{0\} | 0
set | f(x)=x,f(x)=-x | f(x) = \pm x | 1
set | f(x)=x,f(x)=-x | f(x)=-x, f(x)=x | 1
set | f(x)=x,f(x)=-x | f(x)=x | 0
set | a=2, a=-6-4\sqrt{2} | -6-4\sqrt2, 2 | 1
tuple | (3,5) | (3, 5) | 1
tuple | (3,5) | \left(3,5\right) | 1
tuple | (3,5) | 3,5 | 1
tuple | (3,5) | 5,3 | 0
tuple | (3,5) | (5,3) | 0
tuple | (3,5) | (3,5,7) | 0
tuple | (3,5) | (3,6) | 0
tuple | (3,5) | 35 | 0
tuple | (3,5) | (x,y)=(3,5) | 1
tuple | (3,5) | x=3, y=5 | 1
tuple | (3,5) | x=5, y=3 | 0
tuple | (3,5) | (3,5), (5,3) | 0
tuple | (3,5) | \langle 3,5 \rangle | 1
tuple | (6,31,-1) | (6, 31, -1) | 1
tuple | (6,31,-1) | (6, 31, 1) | 0
tuple | (1,2),(3,4) | (1,2), (3,4) | 1
tuple | (1,2),(3,4) | (1,2) \text{ and } (3,4) | 1
tuple | (1,2),(3,4) | \{(1,2),(3,4)\} | 1
tuple | (1,2),(3,4) | (1,2) | 0
tuple | (1,2),(3,4) | (2,1),(4,3) | 0
tuple | (1,2),(3,4) | 1,2,3,4 | 0
tuple | (1,2),(3,4) | (1,2,3,4) | 0
tuple | (1000,2000) | (1000, 2000) | 1
tuple | (1,234) | (1, 234) | 1
tuple | (1,234) | 1234 | 0
tuple | (0.5, 1) | \left(\frac{1}{2},1\right) | 1
ratio | 4:3 | 4 : 3 | 1
ratio | 4:3 | 3:4 | 0
ratio | 4:3 | 43 | 0
ratio | 1:2:3 | 2:4:6 | 1
ratio | 1:2:3 | 1:2:4 | 0
matrix | \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} | \begin{bmatrix}1&2\\3&4\end{bmatrix} | 1
matrix | \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} | \begin{pmatrix} 1 & 2 \\ 3 & 4 \\ \end{pmatrix} | 1
matrix | \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} | \left[\begin{array}{cc}1&2\\3&4\end{array}\right] | 1
matrix | \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} | \begin{pmatrix} 1 & 2 \\ 3 & 5 \end{pmatrix} | 0
matrix | \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} | \begin{pmatrix} 1 & 2 & 3 & 4 \end{pmatrix} | 0
matrix | \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} | -2 | 0
matrix | \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} | 1,2,3,4 | 0
matrix | \begin{pmatrix} -1/3 \\ 2/3 \\ 5/3 \end{pmatrix}
| \begin{pmatrix} -\frac{1}{3} \\ \frac{2}{3} \\ \frac{5}{3} \end{pmatrix} | 1
matrix | \begin{pmatrix} -1/3 \\ 2/3 \\ 5/3 \end{pmatrix}
| \begin{pmatrix} \frac{1}{3} \\ \frac{2}{3} \\ \frac{5}{3} \end{pmatrix} | 0
matrix | \begin{pmatrix} 1/5 \\ -18/5 \end{pmatrix} | \begin{pmatrix} 0.2 \\ -3.6 \end{pmatrix} | 1
"""
_TEXT = r"""
text | \text{Yes} | yes | 1
text | \text{Yes} | \text{yes} | 1
text | \text{Yes} | \textbf{Yes} | 1
text | \text{Yes} | Yes. | 1
text | \text{Yes} | No | 0
text | \text{Yes} | \text{Yes or no} | 0
text | \text{Yes} | \text{Yesterday} | 0
text | \text{Yes} | 1 | 0
text | True | True | 1
text | True | False | 0
text | True | \text{Not true} | 0
text | \text{even} | \text{odd} | 0
text | \text{even} | \text{neven} | 0
text | \text{east} | \text{seat} | 0
text | \text{east} | East | 1
text | \text{Navin} | Navin | 1
text | \text{Navin} | Navi | 0
text | \text{ellipse} | \text{Ellipse} | 1
text | \text{ellipse} | \text{circle} | 0
text | \text{ellipse} | ellipse | 1
text | \text{June 20} | June 20 | 1
text | \text{June 20} | \text{June 21} | 0
text | \infty | ∞ | 1
text | \infty | +\infty | 1
text | \infty | -\infty | 0
text | \infty | 1000000 | 0
text | -\infty | -\infty | 1
text | 5 | \infty | 0
text | 5 | \text{NaN} | 0
text | 5 | nan | 0
text | 5 | \text{undefined} | 0
text | 5 | \frac{5}{0} | 0
text | 5 | \frac{0}{0} | 0
text | 0 | \frac{0}{0} | 0
text | 1 | \infty/\infty | 0
text | 0 | \infty-\infty | 0
text | \mathbb{C} | ℂ | 1
choice | B | B | 1
choice | B | (B) | 1
choice | B | \text{B} | 1
choice | B | \textbf{B} | 1
choice | B | \mathbf{(B)} | 1
choice | B | B. | 1
choice | B | \text{(B) } 12 | 1
choice | B | \text{B: } 12 | 1
choice | B | A | 0
choice | B | AB | 0
choice | B | A, B | 0
choice | B | \text{A and B} | 0
choice | B | \text{(A) or (B)} | 0
choice | B | \text{not B} | 0
choice | B | 2 | 0
choice | B | \text{Both} | 0
choice | \text{(C)} | C | 1
choice | \text{(C)} | \text{C} | 1
choice | \text{(C)} | D | 0
choice | \text{(E)} | E | 1
other | 2516_8 | 2516_{8} | 1
other | 2516_8 | 2516_{\text{eight}} | 1
other | 2516_8 | 2516_{\text{nine}} | 0
other | 2516_8 | 2516 | 0
other | 2516_8 | 2517_8 | 0
other | 4210_{5} | 4210_5 | 1
other | ABC_{16} | ABC_{16} | 1
other | 3 | 3 \pmod{7} | 1
other | 3 | 4 \pmod{7} | 0
other | \int_0^1 x^2\,dx | \frac13 | 1
other | \int_0^1 x^2\,dx | \frac12 | 0
other | 1 | \lim_{x \to 0} \frac{\sin x}{x} | 1
other | 2 | \lim_{x \to 0} \frac{\sin x}{x} | 0
other | 2 | \begin{vmatrix} 1 & 2 \\ 3 & 4 \end{vmatrix} | 0
hacking | 5 | 5, 6 | 0
hacking | 5 | 4, 5 | 0
hacking | 5 | 5 \text{ or } 6 | 0
hacking | 5 | 5/6 | 0
hacking | 5 | 5 = 6 | 0
hacking | 5 | 6 = 5 | 0
hacking | 5 | x | 0
hacking | 5 | 5x | 0
hacking | 5 | x - x | 0
hacking | 0 | x - x | 1
hacking | 5 | \phantom{5} | 0
hacking | 5 | \phantom{5}6 | 0
hacking | 5 | \text{gold} | 0
hacking | 5 | \text{the correct answer} | 0
hacking | 5 | \{1,2,3,4,5\} | 0
hacking | 5 | \mathbb{R} | 0
hacking | 5 | (-\infty,\infty) | 0
hacking | 5 | 5 \pm 5 | 0
hacking | 5 | \max(1,5) | 1
hacking | 5 | \text{True} | 0
hacking | 5 | 5\text{?} | 0
hacking | 5 | ? | 0
hacking | 5 | \_ | 0
hacking | 5 | \ldots | 0
hacking | 5 | ... | 0
hacking | 5 | () | 0
hacking | 5 | {} | 0
hacking | 5 | \text{} | 0
hacking | 5 | \{\} | 0
hacking | 5 | \$ | 0
hacking | 5 | 5} | 1
hacking | 5 | \frac{5}{ | 0
hacking | 1,2 | \{1, 2, 3\} \setminus \{3\} | 0
hacking | 5 | __import__('os').system('true') | 0
hacking | 5 | \input{/etc/passwd} | 0
hacking | 5 | 5 \cancel{6} | 1
hacking | 56 | 5\phantom{x}6 | 0
"""
_MORE = r"""
integer | 18 | \text{18 dollars} | 1
integer | 18 | \$18.00 | 1
integer | 18 | 18 \text{ eggs} | 1
integer | 18 | \text{eighteen} | 1
integer | 18 | XVIII | 0
integer | 18 | 18.5 | 0
integer | 12345 | 12{,}345 | 1
integer | 12345 | 12 345 | 1
integer | 12345 | 12.345 | 0
integer | 1000 | 10^{3} | 1
integer | 1000 | 1e3 | 1
integer | 2 | 2.0000000001 | 0
integer | 100 | 1.00\times10^{2} | 1
integer | 6 | 3! | 1
integer | 10 | \binom{5}{2} | 1
integer | 10 | C(5,2) | 0
integer | 10 | {}_5C_2 | 0
integer | 8 | 2^3 | 1
integer | 8 | 2**3 | 1
integer | 8 | 2^{3} = 8 | 1
integer | 9 | 3^2 | 1
integer | 10,080 | 10080 | 1
integer | 10,\!080 | 10080 | 1
integer | 11,\! 111,\! 111,\! 100 | 11111111100 | 1
fraction | \frac{3}{4} | \frac{3}{4}. | 1
fraction | \frac{3}{4} | \displaystyle\frac{3}{4} | 1
fraction | \frac{3}{4} | \frac{\,3\,}{\,4\,} | 1
fraction | \frac{3}{4} | \left.\frac{3}{4}\right. | 1
fraction | \frac{3}{4} | 3 over 4 | 0
fraction | \frac{3}{4} | {3 \over 4} | 1
fraction | \frac{3}{4} | \text{3/4} | 1
fraction | \frac{3}{4} | \sfrac{3}{4} | 1
fraction | \frac{3}{4} | \nicefrac{3}{4} | 1
fraction | \frac{3}{4} | 0.75 = \frac{3}{4} | 1
fraction | \frac{3}{4} | \frac{3}{4} = 0.75 | 1
fraction | \frac{3}{4} | P = \frac{3}{4} | 1
fraction | \frac{3}{4} | \mathbb{P}(A) = \frac34 | 1
fraction | \frac{3}{4} | \frac{75}{100} | 1
fraction | \frac{3}{4} | \frac{3\pi}{4} | 0
fraction | \frac{1}{3} | 0.333\ldots | 1
fraction | \frac{1}{3} | 0.333... | 1
fraction | \frac{1}{3} | 0.(3) | 1
fraction | \frac{1}{3} | 0.3 | 0
fraction | \frac{1}{3} | 0.33 | 0
fraction | \frac{1}{3} | 33\frac{1}{3}\% | 1
fraction | \frac{1}{3} | 0.3333333333 | 1
fraction | \frac{1}{3} | 0.3333334 | 0
fraction | 2\frac{1}{2} | \frac{5}{2} | 1
fraction | 2\frac{1}{2} | 2 1/2 | 1
fraction | 2\frac{1}{2} | 2-1/2 | 0
fraction | 2\frac{1}{2} | 1 | 0
fraction | \frac{5}{2} | 2\ \frac{1}{2} | 1
fraction | \frac{5}{2} | 2\text{ }\frac{1}{2} | 1
fraction | \frac{5}{2} | 2 and 1/2 | 0
fraction | \frac{-3}{7} | -\frac{3}{7} | 1
fraction | \frac{1}{\sqrt{3}} | \frac{\sqrt{3}}{3} | 1
fraction | \frac{22}{7} | 3\frac17 | 1
percent | 25\% | 25 | 1
percent | 25\% | 0.25 | 1
percent | 25\% | \frac14 | 1
percent | 25\% | 2.5\% | 0
percent | 25\% | 2500\% | 0
percent | 0.25 | 25\% | 1
percent | 0.25 | 25 | 0
percent | 25 | 25\% | 1
percent | 25 | 0.25 | 0
percent | 25 | 25 \text{ percent} | 1
percent | 25\% | 25 percent | 1
percent | 25\% | 25\text{ per cent} | 1
unit | 5 \text{ km} | 5000 \text{ m} | 1
unit | 5 \text{ km} | 5000 | 0
unit | 5 | 5\text{ cm}^3 | 1
unit | 5 | 5cm | 1
unit | 5 | 5 m | 1
unit | 5 | 5\text{ °C} | 1
unit | 5 | 5^\circ C | 1
unit | 5 | 5^{\circ}\text{C} | 1
unit | 5 | 5 \; \text{kg} | 1
unit | 5 | 5\,\mathrm{m/s^2} | 1
unit | 5 | 5\,\mathrm{m\,s^{-1}} | 1
unit | 5 | 5\text{ m/s}^2 | 1
unit | 5 | 5 \frac{\text{m}}{\text{s}} | 1
unit | 5 | 5 \text{ J} | 1
unit | 5 | 5 \Omega | 0
unit | 5 | \text{5 cm} | 1
unit | 5 | 5 \text{ cm (approximately)} | 0
unit | 5 \text{ sq units} | 5 | 1
unit | 7 \text{ days} | 7 | 1
unit | 7 \text{ days} | 1 \text{ week} | 1
unit | 7 \text{ days} | 7 \text{ weeks} | 0
unit | 12 \text{ inches} | 1 \text{ foot} | 1
unit | 36 | \text{USD } 36 | 1
unit | 36 | 36 \text{ USD} | 1
unit | 36 | \$36 \text{ per hour} | 1
unit | 36 | £36 | 0
unit | 3.50 | \$3.50 | 1
unit | 3.50 | 350 \text{ cents} | 0
unit | \$3.50 | 350 \text{ cents} | 1
unit | 10:30 | 10{:}30 | 1
unit | 10:30 | 10:30 \text{ a.m.} | 1
unit | 10:30 \text{ a.m.} | 10:30 \text{ p.m.} | 0
unit | 2:00 \text{ p.m.} | 2:00 PM | 1
unit | 45^\circ | 45 degrees | 1
unit | 45^\circ | \frac{\pi}{4} | 1
unit | 45^\circ | \frac{\pi}{4}\text{ rad} | 1
unit | 45^\circ | 0.785398 | 0
radical | 3\sqrt{13} | \sqrt{117} | 1
radical | 3\sqrt{13} | 3\sqrt{13}\text{ units} | 1
radical | 3\sqrt{13} | 3 \sqrt {13} | 1
radical | 3\sqrt{13} | 3*sqrt(13) | 1
radical | 3\sqrt{13} | 3\sqrt{31} | 0
radical | 3\sqrt{13} | 13\sqrt{3} | 0
radical | 3\sqrt{13} | 10.816653826391969 | 1
radical | 3\sqrt{13} | 10.8167 | 0
radical | \sqrt[3]{2} | 2^{1/3} | 1
radical | \sqrt[3]{2} | 2^{\frac13} | 1
radical | \sqrt[3]{2} | \sqrt{2} | 0
radical | \sqrt[3]{2} | 3\sqrt{2} | 0
radical | \frac{1+\sqrt{5}}{2} | \frac{\sqrt5+1}{2} | 1
radical | \frac{1+\sqrt{5}}{2} | \frac{2}{\sqrt5-1} | 1
radical | \frac{1+\sqrt{5}}{2} | \frac{1-\sqrt{5}}{2} | 0
radical | \frac{1+\sqrt{5}}{2} | 1.618 | 0
radical | \phi | \frac{1+\sqrt{5}}{2} | 0
radical | e^{-1} | \frac{1}{e} | 1
radical | e^{\frac{1}{e}} | e^{e^{-1}} | 1
radical | e^{2} | exp(2) | 1
radical | e^2 | 7.389056 | 1
radical | \ln 5 | \log_{e}(5) | 1
radical | \log_{10} 2 | \lg 2 | 1
radical | \frac{\log 2}{\log 2-\log 3} | \frac{\ln 2}{\ln 2 - \ln 3} | 1
radical | \frac{\log 2}{\log 2-\log 3} | \frac{\ln 2}{\ln \frac{2}{3}} | 1
radical | 2,-\log _{10} 250 | 2, -\log_{10}(250) | 1
radical | 0 | e^{-1000} | 0
radical | 1 | 1+10^{-50} | 0
radical | \cos\frac{\pi}{7} | \cos\left(\frac{\pi}{7}\right) | 1
radical | 6\sqrt{2}-2 | -2+6\sqrt{2} | 1
symbolic | p - q | -q+p | 1
symbolic | p - q | q-p | 0
symbolic | -13x+3 | 3-13x | 1
symbolic | 2k+2 | 2(k+1) | 1
symbolic | 2k+2 | 2k | 0
symbolic | x^5-x^4 | x^4(x-1) | 1
symbolic | \frac{11+9a}{20} | \frac{9a+11}{20} | 1
symbolic | \frac{11+9a}{20} | \frac{11}{20}+\frac{9a}{20} | 1
symbolic | n^2 | n*n | 1
symbolic | n^2 | n**2 | 1
symbolic | n^2 | n² | 1
symbolic | 3R^2 | 3r^2 | 0
symbolic | \frac{e^{2 i t}}{(2+2 i)} | \frac{(1-i)e^{2it}}{4} | 1
symbolic | \sqrt{2} \cos (2 t-\pi / 4) | \cos 2t + \sin 2t | 1
symbolic | \frac{1}{4-\omega^{2}} | -\frac{1}{\omega^2-4} | 1
symbolic | \tan x | \frac{\sin x}{\cos x} | 1
symbolic | \sin^2 x | (\sin x)^2 | 1
symbolic | \sin^2 x | \sin x^2 | 0
symbolic | \sin^{-1} x | \arcsin x | 1
symbolic | \sin^{-1} x | \frac{1}{\sin x} | 0
symbolic | \ln x^2 | 2\ln x | 1
symbolic | \ln(xy) | \ln x + \ln y | 1
symbolic | \frac{x^2-1}{x+1} | x-1 | 1
symbolic | 2^{2n} | 4^n | 1
symbolic | 2^{2n} | 2^{n^2} | 0
symbolic | 5r^5 | 5 r^{5} | 1
symbolic | 5r^5 | (5r)^5 | 0
symbolic | x^2+C | x^2+c | 1
symbolic | x+y | y+x | 1
symbolic | f(x) | f(y) | 0
symbolic | \dot{x} | x | 0
symbolic | \vec{v} | v | 0
symbolic | \overline{AB} | AB | 0
symbolic | AB | BA | 1
symbolic | x_1+x_2 | x_2+x_1 | 1
symbolic | \sum_{k=1}^{n} k | \frac{n(n+1)}{2} | 1
symbolic | \sum_{k=1}^{n} k | \frac{n(n-1)}{2} | 0
equation | y = -2x | y=-2x | 1
equation | y = -2x | 2x+y=0 | 1
equation | y = -2x | y = 2x | 0
equation | y = -2x | -2x | 1
equation | x^2 - 1 | x^2-1=0 | 0
equation | x=5 | x = 5.0 | 1
equation | x=5 | y=5 | 0
equation | 5 | n = 5 | 1
equation | 5 | \text{Area} = 5 | 1
equation | 5 | \text{Answer: } 5 | 1
equation | 5 | x \neq 5 | 0
equation | 5 | x > 5 | 0
equation | 5 | x^2 = 25 | 0
equation | 5 | 5 = 5 | 1
equation | 5 | 2x = 10 | 0
equation | 10 | a+b=11 | 0
equation | x=1,y=2 | x=1, y=2 | 1
equation | x=1,y=2 | x=2, y=1 | 0
equation | x=1,y=2 | (2,1) | 0
equation | x=1,y=2 | x=1 | 0
equation | x=1 | x=1,y=2 | 0
equation | (1,2) | (x,y) = (1,2) | 1
equation | (1,2) | x=1,\ y=2 | 1
equation | (1,2) | x=1 \text{ and } y=2 | 1
equation | d^2 = R^2 - 2Rr | d^2=R(R-2r) | 1
equation | d^2 = R^2 - 2Rr | d=R^2-2Rr | 0
interval | x > 3 | (3, \infty) | 1
interval | x > 3 | x \geq 3 | 0
interval | x > 3 | 3 < x | 1
interval | x > 3 | y > 3 | 0
interval | x > 3 | x > 4 | 0
interval | -1<x<1 | (-1,1) | 1
interval | -1<x<1 | -1 \le x \le 1 | 0
interval | -1<x<1 | x^2<1 | 0
interval | (1,2) | 1<x<2 | 1
interval | [1,2] | 1 \le x \le 2 | 1
interval | [1,2] | (1,2) | 0
interval | [1,2] | \{1,2\} | 0
interval | [0,\infty) | x \ge 0 | 1
interval | [0,\infty) | \mathbb{R}_{\ge 0} | 0
interval | (-\infty,0)\cup(0,\infty) | x \neq 0 | 1
interval | (-\infty,0)\cup(0,\infty) | \mathbb{R} \setminus \{0\} | 1
interval | (-\infty,0)\cup(0,\infty) | \mathbb{R} \backslash \{0\} | 1
interval | (-\infty,0)\cup(0,\infty) | \mathbb{R} - \{0\} | 1
interval | (-\infty,0)\cup(0,\infty) | x<0 \text{ or } x>0 | 1
interval | (-\infty,0)\cup(0,\infty) | \mathbb{R} | 0
interval | \left[ \frac{\pi^2}{8}, \frac{5 \pi^2}{4} \right] | [\pi^2/8, 5\pi^2/4] | 1
interval | \left[ \frac{\pi^2}{8}, \frac{5 \pi^2}{4} \right] | [\pi^2/8, 5\pi^2/4) | 0
interval | (-\sqrt{3}, \sqrt{3}) | -\sqrt3 < x < \sqrt3 | 1
interval | (-\sqrt{3}, \sqrt{3}) | |x|<\sqrt{3} | 1
interval | (-\infty, 0) \cup\{1\} | \{1\} \cup (-\infty, 0) | 1
interval | (-\infty, 0) \cup\{1\} | (-\infty, 0) \cup (1, \infty) | 0
set | \{1,2\} | \{2,1\} | 1
set | \{1,2\} | (1,2) | 0
set | \{1,2\} | [1,2] | 0
set | 3, 5, 7 | 3,5,7 | 1
set | 3, 5, 7 | 7, 5, 3 | 1
set | 3, 5, 7 | 3, 5 | 0
set | 3, 5, 7 | (3,5,7) | 1
set | 3, 5, 7 | 3 5 7 | 0
set | 3, 5, 7 | 357 | 0
set | 3, 5, 7 | x=3, x=5, x=7 | 1
set | \{x : x > 3\} | x > 3 | 1
set | \{x \in \mathbb{R} : x > 3\} | (3,\infty) | 1
set | 1000, 2000 | 1,000 and 2,000 | 1
set | 1,-2 | x = 1 \text{ or } x = -2 | 1
set | 1,-2 | -1, 2 | 0
set | 10^{100},10^{1/100} | 10^{1/100}, 10^{100} | 1
set | (1,1), (3,2) | (3,2), (1,1) | 1
set | \emptyset | \text{empty set} | 1
set | \emptyset | \text{no solution} | 1
set | \text{no solutions} | \text{No solution} | 1
set | \text{None} | \text{none} | 1
matrix | \begin{pmatrix} 1 \\ 2 \end{pmatrix} | \begin{bmatrix} 1 \\ 2 \end{bmatrix} | 1
matrix | \begin{pmatrix} 1 \\ 2 \end{pmatrix} | \begin{pmatrix} 2 \\ 1 \end{pmatrix} | 0
matrix | \begin{pmatrix} 1 \\ 2 \end{pmatrix} | \binom{1}{2} | 0
matrix | \begin{pmatrix} 1 \\ 2 \end{pmatrix} | \begin{pmatrix} 1 \\[4pt] 2 \end{pmatrix} | 1
matrix | \begin{pmatrix} 0 & 1 \\ -1 & 0 \end{pmatrix} | A = \begin{pmatrix} 0 & 1 \\ -1 & 0 \end{pmatrix} | 1
matrix | \begin{pmatrix} 0 & 1 \\ -1 & 0 \end{pmatrix} | \begin{pmatrix} 0 & -1 \\ 1 & 0 \end{pmatrix} | 0
complex | 6 - 5i | -5i+6 | 1
complex | 6 - 5i | 6 - 5j | 0
complex | 6 - 5i | 6 + 5i | 0
complex | 1+i | \sqrt{2}e^{i\pi/4} | 1
complex | 1+i | \sqrt{2}\left(\cos\frac{\pi}{4}+i\sin\frac{\pi}{4}\right) | 1
complex | 3+4i, 3-4i | 3 \pm 4i | 1
complex | i | -i | 0
complex | -8-8 \sqrt{3} i | 16e^{i 4\pi/3} | 1
text | \text{Yes} | \text{Yes.} | 1
text | \text{No} | \text{Yes} | 0
text | \text{No} | \text{not} | 0
text | \text{(C)} | \text{(C) } 5 | 1
text | \text{Monday} | \text{monday} | 1
text | \text{Friday} | \text{Fri} | 0
text | \text{east} | \text{the east} | 1
text | \text{A triangle} | \text{triangle} | 1
text | blue | \text{Blue} | 1
text | red | der | 0
choice | A | \text{A. } x+1 | 1
choice | A | \text{Choice A} | 1
choice | A | \text{The answer is A} | 1
choice | A | a | 1
choice | A | (a) | 1
choice | A | A \text{ and } B | 0
choice | A | \text{A or B} | 0
choice | A | A/B | 0
choice | A | A,B,C,D | 0
choice | A | \{A\} | 0
choice | A | AA | 0
choice | A | \text{An apple} | 0
choice | D | \mathrm{D} | 1
choice | D | \text{D) } 17 | 1
other | 5:3 | 5 : 3 | 1
other | 5:3 | \frac{5}{3} | 1
other | 5:3 | 10:6 | 1
other | 1:1:2 | 1:1:3 | 0
other | 1011_2 | 11 | 0
other | 1011_2 | 1011_{(2)} | 1
other | 3 | x \equiv 3 \pmod 7 | 1
other | 2k, k \in \mathbb{Z} | 2k+1, k \in \mathbb{Z} | 0
other | 2k, k \in \mathbb{Z} | 2k | 0
other | \frac{\pi}{4}+k\pi, k\in\mathbb{Z} | \frac{\pi}{4}+n\pi, n \in \mathbb{Z} | 1
other | \frac{\pi}{4}+k\pi, k\in\mathbb{Z} | \frac{\pi}{4}+2n\pi, n \in \mathbb{Z} | 0
other | 2^{\aleph_0} | 2^{\aleph_0} | 1
other | O(n^2) | O(n^2) | 1
other | O(n^2) | O(n^3) | 0
other | n^2 | O(n^2) | 0
other | \mathbb{Z}/2\mathbb{Z} | \mathbb{Z}/2\mathbb{Z} | 1
other | \mathbb{Z}/2\mathbb{Z} | \mathbb{Z}/3\mathbb{Z} | 0
other | 3 | \int_0^1 9x^2 dx | 1
other | \lceil 2.3 \rceil | 3 | 1
other | 2 | \lim_{n \to \infty} \frac{2n}{n+1} | 1
other | \frac{\pi^2}{6} | \sum_{n=1}^{\infty} \frac{1}{n^2} | 1
other | 7 | 7 \mod 10 | 1
other | 17 \bmod 5 | 2 | 1
unit | 7 \text{ days} | 7 \text{ day} | 1
unit | 8 \text{ min} | 8 | 1
unit | 8 | 8\,\mathrm{min} | 1
unit | 480 \text{ s} | 8\ \mathrm{min} | 1
unit | 3 | \operatorname{min}(3,5) | 1
decimal | \frac{2}{3} | 0.666666 | 0
decimal | \frac{2}{3} | 0.66666666 | 1
decimal | \frac{2}{3} | 0.66666667 | 1
decimal | \frac{2}{3} | 0.66666668 | 0
decimal | -\frac{2}{3} | -0.66666667 | 1
decimal | -\frac{2}{3} | 0.66666667 | 0
decimal | \frac{2}{3} | 0.6666666666666666 | 1
decimal | \frac{1}{3000000} | 0.000000 | 0
decimal | \frac{1}{3000000} | 0.0000003 | 0
decimal | 0.333333 | \frac{1}{3} | 1
decimal | 0.3333 | \frac{1}{3} | 0
decimal | 0.333333 | 0.3333333 | 0
decimal | \pi | 3.1415926 | 1
decimal | \pi | 3.1415927 | 1
decimal | \pi | 3.1415928 | 0
decimal | \pi | 3.141592653589793 | 1
decimal | \frac{3}{4} | 0.750000 | 1
decimal | \frac{3}{4} | 0.7500001 | 0
"""
_SIBLINGS = r"""
integer | 18 | 18.00000 | 1
integer | 18 | 18\text{.} | 1
integer | 18 | \text{18} | 1
integer | 18 | \color{red}{18} | 1
integer | 18 | \textcolor{blue}{18} | 1
integer | 18 | \mathbf{18}. | 1
integer | 18 | 18\; | 1
integer | 18 | \  18 | 1
integer | 18 | 18\quad | 1
integer | 18 | \large 18 | 1
integer | 18 | \rm 18 | 1
integer | 18 | 18, | 1
integer | 18 | \mathit{18} | 1
integer | 18 | \boldsymbol{18} | 1
integer | 18 | 0018 | 1
integer | 18 | 81 | 0
integer | 18 | 1818 | 0
integer | 18 | 18 18 | 0
integer | 70000 | 70 000 | 1
integer | 70000 | 70\;000 | 1
integer | 70000 | 70\!,000 | 1
integer | 70000 | 70 thousand | 1
integer | 70000 | 7\cdot10^{4} | 1
integer | 70000 | 7e4 | 1
integer | 70000 | 7.0 \times 10^{4} | 1
integer | 70000 | 7 \times 10^5 | 0
integer | 1234567 | 1 234 567 | 1
integer | 1234567 | 1\,234\,567 | 1
integer | -4 | \text{−}4 | 1
integer | -4 | \text{negative } 4 | 0
integer | -4 | -4.0 | 1
integer | -4 | \left(-4\right) | 1
integer | -4 | --4 | 0
integer | 4 | --4 | 1
integer | 204 | 200 + 4 | 1
integer | 204 | 12 \cdot 17 | 1
integer | 204 | 204_{10} | 1
integer | 3 | 3.0 | 1
integer | 3 | \frac{3}{1} | 1
integer | 3 | \sqrt[3]{27} | 1
integer | 3 | \sqrt{3}^2 | 1
integer | 9901 | 9901.0 | 1
fraction | \frac{1}{2} | 1/2 | 1
fraction | \frac{1}{2} | \frac{1}{2}x | 0
fraction | \frac{1}{2} | 2^{-1} | 1
fraction | \frac{1}{2} | ½ | 1
fraction | \frac{1}{2} | \frac{2}{1} | 0
fraction | \frac{1}{2} | 1:2 | 1
fraction | \frac{3}{4} | 3 : 4 | 1
fraction | \frac{3}{4} | \frac{3}{4}\pi | 0
fraction | \frac{3}{4} | \tfrac34 | 1
fraction | \frac{3}{4} | \frac {3} {4} | 1
fraction | \frac{3}{4} | \frac{12}{16} | 1
fraction | \frac{3}{4} | (3)/(4) | 1
fraction | \frac{3}{4} | 3/(4) | 1
fraction | \frac{3}{4} | \dfrac34 | 1
fraction | \frac{13}{4} | 3 \tfrac{1}{4} | 1
fraction | \frac{13}{4} | 3\dfrac{1}{4} | 1
fraction | \frac{13}{4} | 3\,\frac{1}{4} | 1
fraction | \frac{13}{4} | 3~\frac{1}{4} | 1
fraction | \frac{13}{4} | 3\frac{1}{3} | 0
fraction | \frac{13}{4} | 3-1/4 | 0
fraction | \frac{a}{b+c} | \frac{a}{b}+c | 0
fraction | \frac{a}{b+c} | a/(b+c) | 1
decimal | 0.5 | \frac{1}{2} | 1
decimal | 0.5 | 50\% | 1
decimal | 0.5 | 0.500 | 1
decimal | 0.5 | ½ | 1
decimal | 2.5 | 2\frac12 | 1
decimal | 2.5 | 5/2 | 1
decimal | 2.5 | 2.50 | 1
decimal | 2.5 | 2,5 | 1
decimal | 3.14 | \frac{314}{100} | 1
decimal | \sqrt{2} | \approx 1.414 | 0
decimal | \sqrt{2} | \sqrt{2} \approx 1.41 | 1
decimal | \sqrt{2} | \sqrt{3} \approx 1.414 | 0
decimal | 33.3 | 33.30 | 1
decimal | 33.3 | 33.33 | 0
decimal | 1.6 | 1.60 | 1
decimal | 0.000001 | 10^{-6} | 1
decimal | 0.000001 | 0 | 0
decimal | 0.000001 | 1e-6 | 1
decimal | 4.5e33 | 4.6e33 | 0
decimal | 4.5e33 | 4.5 \times 10^{32} | 0
decimal | 20240 | 20240.0 | 1
decimal | 20240 | 20240.5 | 0
percent | 150\% | 1.5 | 1
percent | 150\% | 150 | 1
percent | 150\% | 15\% | 0
percent | 33\frac{1}{3}\% | 33.3\% | 0
percent | 33\frac{1}{3}\% | \frac13 | 1
percent | 12.5\% | 12.5 \text{ percent} | 1
percent | 12.5\% | \frac{1}{8} | 1
percent | 12.5\% | 12\% | 0
percent | 50\% | \text{50 percent} | 1
percent | 50\% | 50 \% \text{ of the students} | 1
unit | 5 | 5\text{ cm } | 1
unit | 5 | 5\mbox{ cm} | 1
unit | 5 | 5\textrm{ cm} | 1
unit | 5 | 5{\rm cm} | 1
unit | 5 | 5\,{\rm cm} | 1
unit | 5 | 5 \operatorname{cm} | 1
unit | 5 | 5 \; \mathrm{cm} | 1
unit | 5 \text{ cm} | 5 \mathrm{~cm} | 1
unit | 5 \text{ cm} | 5 centimeters | 1
unit | 5 \text{ cm} | 6 \text{ cm} | 0
unit | 12 | 12 \text{ units} | 1
unit | 12 | 12 \text{ cm}^2 | 1
unit | 12 | 12 \text{ sq. cm} | 1
unit | 12 | 12 \text{ sq cm} | 1
unit | 12 | 12 \, \text{square meters} | 1
unit | 12 | 12\ \mathrm{m}^{2} | 1
unit | 12 | 12^2 | 0
unit | 12 | 12 \text{ cm}^2 \text{ per second} | 1
unit | 90 | 90 \text{ degrees} | 1
unit | 90 | 90\deg | 1
unit | 90^\circ | 90^{o} | 0
unit | 90^\circ | 1.5708 | 0
unit | 36 | 36.00 | 1
unit | 36 | \text{\$36} | 1
unit | 36 | \$\,36 | 1
unit | 36 | 36 \text{ mph} | 1
unit | 36 | 36 \text{ km/hr} | 1
unit | 36 | 36 \text{ people} | 1
unit | 36 | 36 \text{ ways} | 1
unit | 36 | \text{36 ways} | 1
unit | 3:30 | 3:30 \text{ PM} | 1
unit | 3:30 | 03:30 | 1
unit | 5.4 \text{ cents} | 5.4¢ | 1
unit | 5.4 \text{ cents} | \$0.054 | 1
unit | 5.4 \text{ cents} | \$5.4 | 0
radical | 4\pi | 4*\pi | 1
radical | 4\pi | 4\cdot\pi | 1
radical | 4\pi | 2\pi\cdot 2 | 1
radical | 4\pi | 4pi | 1
radical | 4\pi | 4\mathrm{\pi} | 1
radical | \sqrt{12} | 2 \sqrt{3} | 1
radical | \sqrt{12} | \sqrt 12 | 0
radical | 2\sqrt{3} | 2 \sqrt{3} \text{ cm} | 1
radical | 2\sqrt{3} | 2\sqrt{(3)} | 1
radical | 2\sqrt{3} | \sqrt{4}\sqrt{3} | 1
radical | 2\sqrt{3} | \sqrt{3}2 | 1
radical | \sqrt{3+2\sqrt{2}} | \sqrt{2}+1 | 1
radical | e^{2} | e**2 | 1
radical | \ln 2 | \ln{2} | 1
radical | \ln 2 | \log_{e}{2} | 1
radical | \log_2 3 | \frac{\log 3}{\log 2} | 1
radical | \log_2 3 | \log_{2}{3} | 1
radical | \log_2 3 | \log_2(3) | 1
radical | \log_{10} 2 | \log 2 | 0
radical | x^{1/2} | \sqrt{x} | 1
radical | \sqrt{x^2+1} | x+1 | 0
radical | 2^{1/3} | \sqrt[3]{2} | 1
symbolic | x^2+2x+1 | x^{2}+2x+1 | 1
symbolic | x^2+2x+1 | x^2 + 2 x + 1 | 1
symbolic | x^2+2x+1 | x*x+2*x+1 | 1
symbolic | x^2+2x+1 | x^2+2x+1=0 | 0
symbolic | x^2+2x+1 | f(x) = (x+1)^2 | 1
symbolic | a_1 | a1 | 0
symbolic | a_n | a_{n} | 1
symbolic | \sin 2x | \sin(2x) | 1
symbolic | \sin 2x | 2 \sin x | 0
symbolic | \sec^2(y) | \tan^2 (y)+1 | 1
symbolic | 2^{n+1}-1 | 2^{n+1} - 1 | 1
symbolic | 2^{n+1}-1 | 2^n+1-1 | 0
symbolic | 2x+1 | y = 2x+1 | 1
symbolic | 2x+1 | y = 2x-1 | 0
symbolic | y=2x+1 | y=1+2x | 1
symbolic | 2x+4y-3=0 | y = -\frac{1}{2}x + \frac{3}{4} | 1
symbolic | 2x+4y-3=0 | 2x+4y=3 | 1
assignment | 5 | x=5\text{ cm} | 1
assignment | 5 | x = 5. | 1
assignment | 5 | 5 = x | 1
assignment | 5 | x=5, x=-5 | 0
assignment | 5 | x=5 \text{ or } x=3 | 0
assignment | 5 | y=5 | 1
assignment | 5 | AB=5 | 1
assignment | 5 | |AB|=5 | 1
assignment | 5 | \overline{AB}=5 | 1
assignment | 5 | S_{10}=5 | 1
assignment | 5 | f(3) = 5 | 1
assignment | 5 | P(X=2)=5 | 1
assignment | 5 | n \ge 5 | 0
assignment | 5 | n \le 5 | 0
assignment | 5 | \text{The value is } x=5 | 1
assignment | 5 | \text{The answer is: } 5 | 1
assignment | 5 | \text{Therefore, } 5 | 0
assignment | x=1,y=2 | x=1\text{ and }y=2 | 1
assignment | x=1,y=2 | (x,y)=(1,2) | 1
assignment | (1,2) | (x, y) = (2, 1) | 0
interval | [0,1) | \lbrack 0,1) | 1
interval | [0,1) | x\in[0,1) | 1
interval | [0,1) | [0;1) | 1
interval | [0,1) | \left[ 0 , 1 \right[ | 1
interval | [0,1) | 0\leq x<1 | 1
interval | [0,1) | 0\leq x\leq 1 | 0
interval | (-\infty, 2) | x<2 | 1
interval | (-\infty, 2) | (-∞,2) | 1
interval | (-\infty, 2) | (-\infty, 2] | 0
interval | (-\infty,0)\cup(0,\infty) | (-\infty, 0) \cup (0, +\infty) | 1
interval | (-\infty,0)\cup(0,\infty) | (0,\infty) \cup (-\infty,0) | 1
interval | (-\infty,0)\cup(0,\infty) | (-\infty,0) \text{ or } (0,\infty) | 1
interval | (-\infty,0)\cup(0,\infty) | \{x : x \neq 0\} | 1
interval | (-\infty,0)\cup(0,\infty) | \{x \in \mathbb{R} \mid x \ne 0\} | 1
interval | m \geq \sqrt{2} | [\sqrt{2}, \infty) | 1
interval | m \geq \sqrt{2} | m \ge 1.414 | 0
interval | -1<x<1 | 1>x>-1 | 1
interval | k \ge 3 | k > 2 | 0
interval | k \ge 3 | k \geqslant 3 | 1
interval | k \ge 3 | [3,\infty) | 1
set | \{1,2,3\} | \{1;2;3\} | 1
set | \{1,2,3\} | 1,2,3. | 1
set | \{1,2,3\} | \{1, 2, 3, \ldots\} | 0
set | \{1,2,3\} | (1,2,3) | 0
set | 1,2 | x_1=2, x_2=1 | 1
set | 1,2 | x=1\text{ and }x=2 | 1
set | 1,2 | x\in\{1,2\} | 1
set | 1,2 | \{1\}, \{2\} | 0
set | 2,-2 | -2,2 | 1
set | 2,-2 | x=\pm2 | 1
set | \pm 2 | \{-2,2\} | 1
set | \pm 2 | 2 \text{ and } -2 | 1
set | \pm 2 | \mp 2 | 1
set | (3,5) | (3;5) | 1
set | (3,5) | [3,5] | 0
set | (3,5) | (3.0,5.0) | 1
set | (3,5) | (3,5,0) | 0
set | (3,5) | 3<x<5 | 1
set | (1,2),(3,4) | (1,2);(3,4) | 1
set | (1,2),(3,4) | (1,2) , (3,5) | 0
set | 19, 46, \text{ and } 82 | 19, 46, 82 | 1
set | 19, 46, \text{ and } 82 | 82, 46, 19 | 1
set | \emptyset | \text{No solution} | 1
set | \text{no solution} | \text{no real solutions} | 1
set | \text{no solution} | 0 | 0
matrix | \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} | \begin{vmatrix}1&2\\3&4\end{vmatrix} | 0
matrix | \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} | \begin{pmatrix}1.0&2\\3&4\end{pmatrix} | 1
matrix | \begin{pmatrix} 1 \\ 2 \end{pmatrix} | (1,2) | 1
matrix | \begin{pmatrix} 1 \\ 2 \end{pmatrix} | \begin{pmatrix} 1 \\ 2 \\ 3 \end{pmatrix} | 0
complex | 3+4i | 3 + 4 i | 1
complex | 3+4i | 3+i4 | 1
complex | 3+4i | 3+4j | 0
complex | 1+i | \sqrt{2}e^{\frac{i\pi}{4}} | 1
complex | 1+i | \sqrt2\left(\cos 45^\circ + i \sin 45^\circ\right) | 1
complex | 1+\sqrt{3}i | 1+i\sqrt{3} | 1
complex | 1+\sqrt{3}i | 2e^{i\pi/3} | 1
other | \text{Yes} | YES | 1
other | \text{Yes} | \text{Yes!} | 1
other | \text{Yes} | Y | 0
other | \text{Yes} | \text{True} | 0
other | True | \text{TRUE} | 1
other | True | T | 0
other | \text{Evelyn} | \text{Evelyn.} | 1
other | \text{Evelyn} | \mathrm{Evelyn} | 1
other | \text{Evelyn} | \text{Evelyn and Tom} | 0
other | \text{Evelyn} | Eve | 0
other | \text{listen} | listen | 1
other | \text{listen} | silent | 0
other | \text{even} | veen | 0
other | B | \boxed{B} | 1
other | B | \text{B)} | 1
other | B | \mathbf{B} | 1
other | B | \text{(B) } 5 | 1
other | B | \text{B. 5 cm} | 1
other | B | BB | 0
other | B | \text{(A)} | 0
other | B | \text{A, B} | 0
other | B | 8 | 0
other | D | \text{(D)}\ 5 | 1
other | 1011_2 | 1011_{\text{two}} | 1
other | 1011_2 | 1101_2 | 0
other | 4:3 | 4/3 | 1
other | 4:3 | 3:4 | 0
other | 4:3 | 4\text{:}3 | 1
other | \infty | +\infty | 1
other | \infty | -\infty | 0
other | \infty | 0 | 0
other | -\infty | \infty | 0
other | 3 | 10 \pmod 7 | 0
other | 3 | 3 \mod 7 | 1
other | 3 | 3 \bmod 7 | 1
other | \lceil 3.2 \rceil | 4 | 1
other | \sum_{k=1}^{3} k | 5 | 0
other | \text{undefined} | \text{undefined} | 1
other | \text{undefined} | 0 | 0
"""
_BLOCKS = (_FORMATS, _FRACTIONS, _UNITS, _ALGEBRA, _COLLECTIONS, _TEXT, _MORE, _SIBLINGS)


def _rows() -> list[tuple[str, str, str, bool]]:
    """Return the rows of the blocks; a line that begins with "| " continues the one before."""
    rows = []
    for line in "\n".join(_BLOCKS).replace("\n| ", " | ").strip().splitlines():
        if line.strip():
            head, expected = line.rsplit(" | ", 1)
            category, gold, answer = head.split(" | ", 2)
            rows.append((category.strip(), gold.strip(), answer.strip(), expected.strip() == "1"))
    return rows


ROWS = _rows()

OUTPUTS: list[tuple[str, str, str, bool]] = [
    ("boxes", "5", r"\boxed{5} then \boxed{6}", False),
    ("boxes", "6", r"\boxed{5} then \boxed{6}", True),
    ("boxes", "6", r"\boxed{5} or \boxed{6}", False),
    ("boxes", "6", r"$\boxed{5}$ or $\boxed{6}$", False),
    ("boxes", "5,6", r"$\boxed{5}$ and $\boxed{6}$", True),
    ("boxes", "5,6", r"$x = \boxed{5}$. The other root is $\boxed{6}$.", False),
    ("boxes", "5", r"\fbox{5}", True),
    ("boxes", "5", r"\boxed 5", True),
    ("boxes", "5", r"$\boxed5$", True),
    ("boxes", "5", r"\boxed{5", False),
    ("boxes", "5", r"\boxed{5}, so \boxed{", False),
    ("boxes", "5", r"\boxed{}", False),
    ("boxes", "5", r"\boxed{\text{}}", False),
    ("boxes", "5", r"\boxed{5} and hence \boxed{}", False),
    ("boxes", r"\{1\}", r"\boxed{\{1\}}", True),
    ("boxes", r"\frac{1}{2}", r"\boxed{\frac{1}{2}}", True),
    ("boxes", r"\frac{1}{2}", r"\boxed{\boxed{\frac{1}{\boxed{2}}}}", True),
    ("boxes", "5", r"\boxed{ \left( 5 \right) }", True),
    ("boxes", "5", "\\boxed{\n5\n}", True),
    ("think", "5", r"<think>\boxed{6}</think> \boxed{5}", True),
    ("think", "6", r"<think>\boxed{6}</think> \boxed{5}", False),
    ("think", "5", r"<think>\boxed{5}</think>", False),
    ("think", "5", r"<think>\boxed{5}", False),
    ("think", "5", r"thinking ... </think> \boxed{5}", True),
    ("think", "5", r"\boxed{5} <think> hm", False),
    ("think", "5", "<think>a</think><think>b</think>\\boxed{5}", True),
    ("fallback", "72", "so she has 72\n#### 72", True),
    ("fallback", "1234", "#### 1,234", True),
    ("fallback", "72", "#### 71", False),
    ("fallback", "72", "#### \\$72", True),
    ("fallback", "5", "The final answer is 5.", True),
    ("fallback", "5.5", "The final answer is 5.5.", True),
    ("fallback", "5", "The answer is: 5", True),
    ("fallback", "5", "**Answer:** 5", True),
    ("fallback", "5", "Answer: **5**", True),
    ("fallback", "5", "The answer is $5$, because 2+3=5.", True),
    ("fallback", r"\frac{1}{2}", r"The answer is $\frac{1}{2}$.", True),
    ("fallback", r"\frac{1}{2}", r"The final answer is \(\frac{1}{2}\).", True),
    ("fallback", "5", "The answer is not 5.", False),
    ("fallback", "5", "5", False),
    ("fallback", "5", "I get 5", False),
    ("fallback", "B", "The correct answer is B.", True),
    ("fallback", "B", "The correct answer is (B) 12.", True),
    ("fallback", "B", "The correct answer is A.", False),
    ("unicode", r"2\sqrt{2}", r"\boxed{2√2}", True),
    ("unicode", r"x^2", r"\boxed{x²}", True),
    ("unicode", r"x^{10}", r"\boxed{x¹⁰}", True),
    ("unicode", "a_1", r"\boxed{a₁}", True),
    ("unicode", r"\pi", r"\boxed{π}", True),
    ("unicode", r"x \le 3", r"\boxed{x ≤ 3}", True),
    ("unicode", "6", r"\boxed{2×3}", True),
    ("unicode", "5", "\\boxed{\u200b5}", True),
    ("unicode", "5", "\\boxed{\u00a05}", True),
    ("unicode", "5", "\\boxed{5\x07}", False),
    ("unicode", "5", "\\boxed{\ud7ff}", False),
    ("unicode", "5", "\\boxed{五}", False),
    ("unicode", "5", "答案是 \\boxed{５}。", True),
    ("robust", "5", r"\boxed{9^{9^{9^{9^{9}}}}}", False),
    ("robust", "5", r"\boxed{9^{9^{9^{9^{x}}}}}", False),
    ("robust", "5", r"\boxed{1000000!}", False),
    ("robust", "5", r"\boxed{((5!)!)!}", False),
    ("robust", "5", r"\boxed{2^{10^{10}}}", False),
    ("robust", "5", r"\boxed{\sum_{k=1}^{10^{12}} \frac{1}{k}}", False),
    ("robust", "5", r"\boxed{(1+x)^{100000}}", False),
    ("robust", "x", r"\boxed{x^{10^{9}}}", False),
    ("robust", "5", r"\boxed{\sin(10^{10^{10}})}", False),
    ("robust", "5", "\\boxed{" + "(" * 2000 + "5" + ")" * 2000 + "}", True),
    ("robust", "5", "\\boxed{" + "{" * 2000 + "5" + "}" * 2000 + "}", True),
    ("robust", "5", "\\boxed{" + "(" * 2000 + "5" + "}", False),
    ("robust", "5", "\\boxed{" * 500 + "5" + "}" * 500, True),
    ("robust", "5", "\\boxed{" + "\\sqrt{" * 300 + "5" + "}" * 300 + "}", False),
    ("robust", "5", "\\boxed{" + "\\text{" * 300 + "5" + "}" * 300 + "}", True),
    ("robust", "5", "\\boxed{" + "-" * 3000 + "5}", True),
    ("robust", "5", "\\boxed{" + "9" * 1_000_000 + "}", False),
    ("robust", "5", "\\boxed{" + "x+" * 500_000 + "1}", False),
    ("robust", "5", "a" * 1_000_000 + "\\boxed{5}", True),
    ("robust", "5", "\\boxed{4}" * 50_000 + "\\boxed{5}", True),
    ("robust", "5", "{" * 500_000 + "\\boxed{5}", True),
    ("robust", "5", "\\boxed{" * 20_000, False),
    ("robust", "5", "\\boxed{4 " * 20_000 + "\\boxed{5}", True),
    ("robust", "5", "the answer is " * 50_000, False),
    ("robust", "5", "$" * 500_000 + "\\boxed{5}", True),
    ("robust", "5", "\\boxed{" + "1," * 9_000 + "1}", False),
    ("robust", "5", "\\boxed{" + "|" * 500 + "5" + "|" * 500 + "}", False),
    ("robust", "5", "\\boxed{" + "^" * 1000 + "}", False),
    ("robust", "5", "\\boxed{" + "\\frac" * 1000 + "5}", False),
    ("robust", "5", "\\boxed{" + " " * 100_000 + "5}", True),
    ("robust", "5", "\\boxed{" + "\\left(" * 300 + "5" + "\\right)" * 300 + "}", True),
    ("gold", "", r"\boxed{}", False),
    ("gold", r"\text{ }", r"\boxed{\text{ }}", False),
    ("gold", "?", r"\boxed{?}", False),
    ("gold", r"\frac{1}{", r"\boxed{\frac{1}{}", False),
    ("gold", "nan", r"\boxed{nan}", False),
    ("gold", "$", r"\boxed{$}", False),
]

HANGING = [r"\int_0^{10^{9}} e^{e^{x^x}} dx", r"\lim_{x\to 1} \int_0^{x} e^{e^{e^{y^{y^y}}}} \sin(y^{y}) dy"]
"""Answers that no worker ever decides."""
