r"""Answers beside their neighbours: (class, gold, content of the box, expected). The wrong ones were once accepted.

Dot and cross products, "and" and "or", magnitudes behind a base, wrong digits, times that no clock shows, a bracket at
infinity, a decimal comma, equations that leave the unknown to be found, and conditions on one variable.
"""

from __future__ import annotations

_TABLE = r"""
vectors | \mathbf{a}\cdot\mathbf{b} | \mathbf{a}\times\mathbf{b} | 0
vectors | \mathbf a\cdot\mathbf b | \mathbf a\times\mathbf b | 0
vectors | \mathbf a\cdot\mathbf b | \mathbf b\cdot\mathbf a | 1
vectors | \mathbf a\times\mathbf b | \mathbf b\times\mathbf a | 0
vectors | \mathbf a\times\mathbf b | -\mathbf b\times\mathbf a | 1
vectors | \bm{a}\cdot\bm{b} | \bm{a}\times\bm{b} | 0
vectors | \bm a\cdot\bm b | \bm a\times\bm b | 0
vectors | \boldsymbol{a}\times\boldsymbol{b} | \boldsymbol{b}\times\boldsymbol{a} | 0
vectors | \boldsymbol a\times\boldsymbol b | \boldsymbol b\times\boldsymbol a | 0
vectors | \hat{a}\times\hat{b} | \hat{b}\times\hat{a} | 0
vectors | \hat{a}\cdot\hat{b} | \hat{a}\times\hat{b} | 0
vectors | \hat a\cdot\hat b | \hat a\times\hat b | 0
vectors | \vec a\cdot\vec b | \vec a\times\vec b | 0
vectors | \vec a\times\vec b | \vec b\times\vec a | 0
vectors | \vec{a}\times\vec{b} | \vec b\times\vec a | 0
vectors | \overrightarrow{AB}\times\overrightarrow{AC} | \overrightarrow{AC}\times\overrightarrow{AB} | 0
vectors | \overrightarrow{AB}\cdot\overrightarrow{AC} | \overrightarrow{AB}\times\overrightarrow{AC} | 0
vectors | \overrightarrow{AB}\cdot\overrightarrow{AC} | \overrightarrow{AC}\cdot\overrightarrow{AB} | 1
vectors | \overrightarrow{AB}\times\overrightarrow{AC} | -\overrightarrow{AC}\times\overrightarrow{AB} | 1
vectors | \underline{a}\times\underline{b} | \underline{b}\times\underline{a} | 0
vectors | \underline{a}\cdot\underline{b} | \underline{a}\times\underline{b} | 0
vectors | {\bf a}\times{\bf b} | {\bf b}\times{\bf a} | 0
vectors | {\bf a}\cdot{\bf b} | {\bf a}\times{\bf b} | 0
vectors | \bf{a}\times\bf{b} | \bf{b}\times\bf{a} | 0
vectors | 2\mathbf{a}\times\mathbf{b} | 2\mathbf{b}\times\mathbf{a} | 0
vectors | 2\mathbf{a}\cdot 3\mathbf{b} | 2\mathbf{a}\times 3\mathbf{b} | 0
vectors | \mathbf{a}\times(\mathbf{b}\times\mathbf{c}) | (\mathbf{a}\times\mathbf{b})\times\mathbf{c} | 0
vectors | \mathbf{a}\times(\mathbf{b}+\mathbf{c}) | (\mathbf{b}+\mathbf{c})\times\mathbf{a} | 0
vectors | \mathbf{a}\times(\mathbf{b}+\mathbf{c}) | \mathbf{a}\cdot(\mathbf{b}+\mathbf{c}) | 0
vectors | \mathbf{a}\times(\mathbf{b}+\mathbf{c}) | \mathbf{a}\times\mathbf{b}+\mathbf{a}\times\mathbf{c} | 1
vectors | \mathbf{a}\cdot(\mathbf{b}\times\mathbf{c}) | (\mathbf{a}\times\mathbf{b})\cdot\mathbf{c} | 1
vectors | \mathbf{a}\cdot(\mathbf{b}\times\mathbf{c}) | \mathbf{a}\times(\mathbf{b}\times\mathbf{c}) | 0
vectors | \mathbf{a}_1\times\mathbf{a}_2 | \mathbf{a}_2\times\mathbf{a}_1 | 0
vectors | \vec{a}_1\times\vec{a}_2 | \vec{a}_2\times\vec{a}_1 | 0
vectors | \vec{F}\cdot\vec{d} | Fd | 0
vectors | \nabla\times\mathbf{F} | \nabla\cdot\mathbf{F} | 0
vectors | \hat{\imath}\times\hat{\jmath} | \hat{\jmath}\times\hat{\imath} | 0
vectors | \mathbf{\hat{a}}\times\mathbf{\hat{b}} | \mathbf{\hat{b}}\times\mathbf{\hat{a}} | 0
vectors | \hat{\mathbf{a}}\cdot\hat{\mathbf{b}} | \hat{\mathbf{a}}\times\hat{\mathbf{b}} | 0
vectors | \vec{\mathbf a}\cdot\vec{\mathbf b} | \vec{\mathbf a}\times\vec{\mathbf b} | 0
vectors | \mathbf{2}\cdot\mathbf{3} | 6 | 1
vectors | \mathbf{2}\times 3 | 6 | 1
vectors | \mathbf{x} | x | 1
vectors | \boldsymbol{x+1} | x+1 | 1
vectors | \hat{y} = 2\cdot x | \hat{y} = 2x | 1
vectors | 2\cdot\mathbf{a} | 2\mathbf{a} | 1
vectors | \hat{p}\cdot\hat{q} | \hat{p}\hat{q} | 1
vectors | \overline{x}\cdot\overline{y} | \overline{y}\cdot\overline{x} | 1
vectors | AB \cdot CD | AB \times CD | 1
vectors | a\times b | b\cdot a | 1
vectors | \overline{AB}\cdot\overline{CD} | \overline{AB}\times\overline{CD} | 1
vectors | \vec{a}\cdot\vec{a} | |\vec{a}|^2 | 0
vectors | \mathbf{E}\times\mathbf{B} | EB | 0
vectors | |\mathbf{a}\times\mathbf{b}| | |\mathbf{a}\cdot\mathbf{b}| | 0
vectors | \frac{\mathbf{a}\times\mathbf{b}}{2} | \frac{\mathbf{b}\times\mathbf{a}}{2} | 0
vectors | \frac{\vec a\times\vec b}{2} | \frac{1}{2}\vec a\times\vec b | 1
connectives | a \text{ or } b | a \text{ and } b | 0
connectives | a \text{ and } b | a \text{ or } b | 0
connectives | x=1 \text{ or } y=2 | x=1, y=2 | 0
connectives | x=1, y=2 | x=1 \text{ or } y=2 | 0
connectives | x=1, y=2 | x=1 \text{ and } y=2 | 1
connectives | x=1 \text{ and } y=2 | x=1, y=2 | 1
connectives | x=1 \text{ and } y=2 | x=1 \text{ or } y=2 | 0
connectives | x=1 \text{ or } x=2 | x=1, x=2 | 1
connectives | x=1 \text{ or } x=2 | x=1 \text{ and } x=2 | 1
connectives | 12\text{ and }13 | 12, 13 | 1
connectives | 12\text{ and }13 | 13, 12 | 1
connectives | -12 \text{ or } -30 | -12, -30 | 1
connectives | -12 \text{ or } -30 | -30 \text{ or } -12 | 1
connectives | -12 \text{ or } -30 | -30 \text{ and } -12 | 1
connectives | 7, -2, \text{ and } -5 | -5, 7, -2 | 1
connectives | A \text{ or } B | A \text{ and } B | 0
connectives | p \text{ or } q | p \lor q | 1
connectives | p \text{ and } q | p \lor q | 0
connectives | p \text{ or } q | p, q | 0
connectives | p, q | p \text{ and } q | 1
connectives | x>1 \text{ or } x<0 | x>1 \text{ and } x<0 | 0
connectives | x>1 \text{ and } x<3 | x>1 \text{ or } x<3 | 0
connectives | x>1 \text{ and } x<3 | (1,3) | 1
connectives | x>1 \text{ or } x<0 | (-\infty,0)\cup(1,\infty) | 1
connectives | x>1 \text{ or } y<0 | x>1 \text{ and } y<0 | 0
connectives | x>1 \text{ or } y<0 | x>1, y<0 | 0
connectives | x>1, y<0 | x>1 \text{ and } y<0 | 1
connectives | x>1, y<0 | x>1 \text{ or } y<0 | 0
connectives | a=0 \text{ or } b=0 | a=0, b=0 | 0
connectives | a=0 \text{ or } b=0 | b=0 \text{ or } a=0 | 1
connectives | a=0 \text{ or } b=0 | a=0 \lor b=0 | 1
connectives | a=0 \text{ or } b=0 | a=0 \text{ and } b=0 | 0
connectives | (1,2) \text{ or } (3,4) | (1,2),(3,4) | 1
connectives | (1,2) \text{ or } (3,4) | (1,2) \text{ and } (3,4) | 1
connectives | \frac{n}{2} \text{ or } \frac{n+1}{2} | \frac{n}{2} \text{ and } \frac{n+1}{2} | 0
connectives | \sqrt2 \text{ or } -\sqrt2 | \pm\sqrt2 | 1
connectives | \sqrt2 \text{ and } -\sqrt2 | \pm\sqrt2 | 1
connectives | y=2x \text{ or } y=-2x | y=2x, y=-2x | 1
connectives | y=2x \text{ or } y=-2x | y=2x \text{ and } y=-2x | 1
connectives | x_1=1 \text{ and } x_2=3 | x=1 \text{ or } x=3 | 1
connectives | x_1=1, x_2=3 | 1, 3 | 1
connectives | \{1,2\} | 1 \text{ or } 2 | 1
connectives | \{1 \text{ or } 2\} | \{1, 2\} | 1
connectives | a \text{ and } b | a, b | 1
connectives | a, b | b \text{ or } a | 0
connectives | 5 \text{ and/or } 6 | 5, 6 | 0
connectives | 1, 2 \text{ or } 3 | 1,2,3 | 1
connectives | x=2 \text{ and } y=3 \text{ or } x=3 \text{ and } y=2 | (2,3),(3,2) | 0
connectives | x=2, y=3 | (2,3) | 1
connectives | (2,3) | x=2 \text{ or } y=3 | 0
connectives | (2,3) | x=2 \text{ and } y=3 | 1
connectives | 2, 3 | x=2 \text{ or } y=3 | 0
connectives | 5 | 5 \text{ or } 5 | 0
connectives | a \text{ or } b | b \text{ or } a | 1
connectives | a \text{ and } b | b \text{ and } a | 1
connectives | a \lor b | a \text{ and } b | 0
connectives | n \text{ or } n+1 | n \text{ and } n+1 | 0
connectives | x=1 \text{ or } x=2 | x=1, y=2 | 0
connectives | x=1, y=2 | x=1 \text{ or } x=2 | 0
connectives | \{a,b\} | \{a \text{ or } b\} | 0
connectives | \{a,b\} | \{a \text{ and } b\} | 1
connectives | x=a \text{ or } x=-a | x=-a, x=a | 1
connectives | x=a \text{ or } x=-a | x=\pm a | 1
connectives | 2+i \text{ or } 2-i | 2-i, 2+i | 1
connectives | \text{red or blue} | \text{red and blue} | 0
magnitudes | 5000 | 101_2 \text{ thousand} | 0
magnitudes | 101_2 | 101_2 \text{ thousand} | 0
magnitudes | 101_2 | 101_2\text{ million} | 0
magnitudes | 101_2 | 101_2 \text{ dozen} | 0
magnitudes | 101_2 | 101_{2} | 1
magnitudes | 101_2 | 101_{\text{two}} | 1
magnitudes | 1011_5 | 1011_5 \text{ hundred} | 0
magnitudes | 101_2 \text{ thousand} | 101_2 | 0
magnitudes | 101_2 | 101_2 \% | 0
magnitudes | 101_2 | 101_{2}\text{ lakh} | 0
magnitudes | 101_{10} | 101 | 1
magnitudes | 101_{10} | 101_{10} \text{ thousand} | 0
magnitudes | 101000 | 101_{10} \text{ thousand} | 1
magnitudes | x=5 | 5\text{ thousand} | 0
magnitudes | \frac{?}{2} | \frac{?}{2} \text{ thousand} | 0
magnitudes | \int_0^1 f | \int_0^1 f \text{ thousand} | 0
magnitudes | 2A_{16} | 2a_{16} | 1
magnitudes | 2A_{16} | 2A_{16}\text{ billion} | 0
magnitudes | 101_2 | 101_3 | 0
magnitudes | 101_2 | 5_2 | 0
magnitudes | 101_2 | 101 | 0
digits | \frac13 | 0.333333333333 | 1
digits | \frac13 | 0.3333333333333333 | 1
digits | \frac13 | 0.33333333333333331 | 1
digits | \frac13 | 0.3333333333333333334 | 0
digits | \frac13 | 0.3333333333334 | 0
digits | \frac13 | 0.333333333334 | 0
digits | \frac13 | 0.33333333333333333333333333333 | 1
digits | \frac13 | 0.33333333333333333333333333339 | 0
digits | \frac13 | 0.3333333333339 | 0
digits | \frac23 | 0.666666666666666 | 1
digits | \frac23 | 0.666666666666667 | 1
digits | \frac23 | 0.6666666666666666 | 1
digits | \frac23 | 0.66666666666666663 | 1
digits | \frac23 | 0.6666666666666661 | 0
digits | \pi | 3.141592653589793 | 1
digits | \pi | 3.1415926535897932 | 1
digits | \pi | 3.141592653589794 | 0
digits | \pi | 3.14159265358979 | 1
digits | \pi | 3.14159265359 | 1
digits | \sqrt2 | 1.4142135623730951 | 1
digits | \sqrt2 | 1.4142135623730950488 | 1
digits | \sqrt2 | 1.4142135623730959 | 0
digits | 0.3333333333333333334 | \frac13 | 0
digits | 0.1 | 0.10000000000000001 | 0
digits | 3\sqrt{13} | 10.816653826391969 | 1
digits | 3\sqrt{13} | 10.816653826391961 | 0
digits | \pi | 3.14159265358979323846264338327950288419716939937510 | 1
digits | \pi | 3.14159265358979323846264338327950288419716939937520 | 0
clock | 15:45 | 15:45 \text{ am} | 0
clock | 3:45 | 15:45 \text{ am} | 0
clock | 3:45\text{ am} | 15:45 \text{ am} | 0
clock | 15:45 | 15:45\text{ p.m.} | 1
clock | 3:45 \text{ pm} | 15:45\text{ p.m.} | 1
clock | 3:45 \text{ pm} | 15:45 | 1
clock | 12:00\text{ p.m.} | 12:00\text{ a.m.} | 0
clock | 12:00\text{ a.m.} | 12:00\text{ p.m.} | 0
clock | \text{noon} | 12:00\text{ a.m.} | 0
clock | \text{noon} | 12:00\text{ p.m.} | 1
clock | \text{midnight} | 12:00\text{ a.m.} | 1
clock | \text{midnight} | 12:00\text{ p.m.} | 0
clock | 12:00\text{ p.m.} | \text{noon} | 1
clock | 12:00\text{ a.m.} | \text{noon} | 0
clock | 12:00\text{ p.m.} | \text{midnight} | 0
clock | 12:00\text{ p.m.} | 12:00 \text{ noon} | 1
clock | 12:00\text{ a.m.} | 12:00 \text{ noon} | 0
clock | 12:00\text{ p.m.} | 12:00 \text{ midnight} | 0
clock | 12:00\text{ a.m.} | 12:00 \text{ midnight} | 1
clock | 12:00\text{ p.m.} | 12:00 | 1
clock | 12:00\text{ a.m.} | 0:00 | 1
clock | 12:00\text{ a.m.} | 00:00 | 1
clock | 12:30\text{ p.m.} | 0:30\text{ pm} | 0
clock | 12:30 | 0:30\text{ pm} | 0
clock | 0:30 | 0:30\text{ pm} | 0
clock | 0:30 | 12:30\text{ pm} | 0
clock | 0:30 | 12:30\text{ am} | 1
clock | 12:30\text{ a.m.} | 0:30 | 1
clock | 0:30\text{ a.m.} | 12:30\text{ a.m.} | 1
clock | \text{1:03 PM} | 1:03 \text{ p.m.} | 1
clock | \text{1:03 PM} | 1:03 | 1
clock | \text{1:03 PM} | 13:03 | 1
clock | \text{1:03 PM} | 1:03\text{ am} | 0
clock | \text{4:30 p.m.} | 4:30 | 1
clock | \text{4:30 p.m.} | 4:30 \text{ am} | 0
clock | \text{4:30 p.m.} | 4:30 \text{ a.m.} | 0
clock | 9:24 | 9:24 | 1
clock | 9:24 | 9:24\text{ pm} | 1
clock | 9:24 | 3:8 | 1
clock | 19:60 | 19:60 | 1
clock | 25:30 | 5:6 | 1
clock | 25:30\text{ am} | 1:30\text{ am} | 0
clock | 1:30\text{ am} | 25:30\text{ am} | 0
clock | 1:30 | 25:30 | 0
clock | 1:30 | 13:30\text{ am} | 0
clock | 1:30\text{ am} | 13:30 | 0
clock | 3\text{ p.m.} | 15 \text{ a.m.} | 0
clock | 3\text{ a.m.} | 15 \text{ a.m.} | 0
clock | 3\text{ p.m.} | 3 \text{ a.m.} | 0
clock | 3\text{ p.m.} | 3:00 \text{ p.m.} | 1
clock | 12\text{ p.m.} | 12\text{ a.m.} | 0
clock | 12\text{ p.m.} | 0\text{ p.m.} | 0
clock | 0\text{ a.m.} | 12 \text{ a.m.} | 1
clock | 24:00 | 0:00 | 0
infinity | (1,\infty) | (1,\infty] | 0
infinity | (-\infty,1) | [-\infty,1) | 0
infinity | (1,\infty] | (1,\infty) | 0
infinity | (1,\infty] | (1,\infty] | 1
infinity | [1,\infty) | [1,\infty] | 0
infinity | (-\infty,\infty) | [-\infty,\infty] | 0
infinity | \mathbb{R} | [-\infty,\infty] | 0
infinity | \mathbb{R} | (-\infty,\infty) | 1
infinity | x>1 | (1,\infty] | 0
infinity | x>1 | (1,\infty) | 1
infinity | (1,2)\cup(3,\infty) | (1,2)\cup(3,\infty] | 0
infinity | ]1,\infty[ | (1,\infty) | 1
infinity | (1,\infty) | ]1,\infty[ | 1
infinity | (1,\infty) | ]1,\infty] | 0
infinity | (1,\infty) | x\in(1,\infty] | 0
infinity | (-\infty,0]\cup[1,\infty) | [-\infty,0]\cup[1,\infty] | 0
infinity | [0,\infty] | [0,\infty] | 1
infinity | [0,\infty] | [0,\infty) | 0
infinity | [0, +\infty] | [0,\infty] | 1
infinity | (0,1)\cup(1,\infty) | (0,\infty]\setminus\{1\} | 0
comma | 1,5 | 1.5 | 0
comma | 1,3 | 1.3 | 0
comma | 1.5 | 1{,}5 | 1
comma | (1,5) | 1.5 | 0
comma | 1.5 | (1,5) | 0
comma | 1.5 | \{1,5\} | 0
comma | 1.5 | 1, 5 | 0
comma | 1.234 | 1,234 | 0
comma | 1234 | 1,234 | 1
comma | 5,1 | 5.1 | 0
asked | 12 | 2x=12 | 0
asked | 12 | -x=12 | 0
asked | 12 | 1/x=12 | 0
asked | 12 | \frac{1}{x}=12 | 0
asked | 12 | \log x=12 | 0
asked | 12 | \ln x = 12 | 0
asked | 12 | \ln(x) = 12 | 0
asked | 12 | x^2=12 | 0
asked | 12 | x^{3}=12 | 0
asked | 12 | |x|=12 | 0
asked | 12 | \sqrt{x}=12 | 0
asked | 12 | x+1=12 | 0
asked | 12 | x-1=12 | 0
asked | 12 | 3x+2=12 | 0
asked | 12 | x! = 12 | 0
asked | 12 | 2^x=12 | 0
asked | 12 | e^x=12 | 0
asked | 12 | \frac{x}{2}=12 | 0
asked | 12 | x/2=12 | 0
asked | 12 | 2a=12 | 0
asked | 12 | 2r=12 | 0
asked | 12 | 10x=12 | 0
asked | 12 | \lfloor x \rfloor = 12 | 0
asked | 12 | \sqrt[3]{x} = 12 | 0
asked | 12 | x\%=12 | 0
asked | 12 | 2\theta=12 | 0
asked | 12 | 12=2x | 0
asked | 12 | 12=-x | 0
asked | 12 | 12=x^2 | 0
asked | 12 | 12=x | 1
asked | 12 | 12=|x| | 0
asked | 12 | 12=\log x | 0
asked | 12 | x(x+1)=12 | 0
asked | 12 | x^2+x=12 | 0
asked | 12 | x=12 | 1
asked | 12 | x_1=12 | 1
asked | 12 | f(3)=12 | 1
asked | 12 | f(x)=12 | 1
asked | 12 | P(A)=12 | 1
asked | 12 | m\angle A=12 | 1
asked | 12 | m\angle ABC=12 | 1
asked | 12 | \angle ABC=12 | 1
asked | 12 | \angle A = 12^\circ | 1
asked | 12 | |AB|=12 | 1
asked | 12 | \overline{AB}=12 | 1
asked | 12 | AB=12 | 1
asked | 12 | \text{Area}=12 | 1
asked | 12 | [ABC]=12 | 1
asked | 12 | \sin\theta=12 | 1
asked | 12 | \tan \theta = 12 | 1
asked | \frac{1}{2} | \cos A = \frac12 | 1
asked | 12 | a+b=12 | 1
asked | 12 | m+n=12 | 1
asked | 12 | a+b+c=12 | 1
asked | 12 | x+y=12 | 1
asked | 12 | xy=12 | 1
asked | 12 | ab=12 | 1
asked | 12 | x^2+y^2=12 | 1
asked | 12 | \frac{a}{b}=12 | 1
asked | 12 | 100m+n=12 | 1
asked | 12 | a-b=12 | 1
asked | 12 | |a-b|=12 | 1
asked | 12 | 3\cdot4=12 | 1
asked | 12 | 2+10=12 | 1
asked | 12 | x=3\cdot 4=12 | 1
asked | 12 | f'(2)=12 | 1
asked | 12 | \sum_{k=1}^{3} 2k=12 | 1
asked | 12 | n!=12 | 0
asked | 12 | |z|=12 | 0
asked | 12 | \det A=12 | 1
asked | 12 | \det(A)=12 | 1
asked | 12 | \gcd(a,b)=12 | 1
asked | 12 | \binom{n}{2}=12 | 0
asked | 12 | E[X]=12 | 1
asked | 12 | \mathbb{E}[X]=12 | 1
asked | 12 | \text{Var}(X)=12 | 1
asked | 12 | f(g(2))=12 | 1
asked | 12 | S_{10}=12 | 1
asked | 12 | x^*=12 | 1
asked | 12 | \max f=12 | 1
asked | 12 | \frac{dy}{dx}=12 | 1
asked | 12 | \triangle ABC=12 | 1
asked | 12 | -a=12 | 0
asked | 12 | 2\text{Area}=12 | 0
asked | 12 | \frac{AB}{BC}=12 | 1
asked | 12 | AB^2=12 | 0
asked | 12 | 2AB=12 | 0
asked | 12 | AB+BC=12 | 1
asked | 12 | f(x)^2=12 | 0
asked | 12 | 2f(3)=12 | 0
asked | 12 | -f(3)=12 | 0
asked | 12 | \frac{1}{f(3)}=12 | 0
asked | 12 | x_1+x_2=12 | 1
asked | 12 | x_1 x_2=12 | 1
asked | 12 | \sqrt{a}=12 | 0
asked | 12 | \sin x=12 | 1
asked | 12 | \arcsin x = 12 | 0
asked | 3x | 2y = 3x | 0
asked | 3x | y = 3x | 1
asked | 3x | -y = 3x | 0
asked | x^2+1 | f(x) = x^2+1 | 1
asked | x^2+1 | 2f(x) = x^2+1 | 0
asked | y=3x | 3x | 1
asked | 2\pi | 2x = 2\pi | 0
asked | \frac{\pi}{6} | 2x = \frac{\pi}{6} | 0
asked | (1,2) | 2v = (1,2) | 0
asked | \{1,2\} | x^2 = \{1,2\} | 0
asked | 1,2 | x^2 = 1,2 | 0
asked | 1,2 | 2x = 1, 2 | 0
asked | 1,2 | x = 1, 2 | 1
asked | 1,2 | 2x=1 \text{ or } 2x=2 | 0
asked | 1,2 | x^2=1 \text{ or } x^2=2 | 0
asked | 12 | x^{-1}=12 | 0
asked | 12 | \frac{x}{y}=12 | 1
asked | 12 | \text{Answer} = 12 | 1
asked | 12 | \text{minus } x = 12 | 0
asked | 12 | \text{twice } x = 12 | 0
asked | 12 | x\cdot 2=12 | 0
asked | 12 | (x)=12 | 1
asked | 12 | x=y=12 | 1
asked | 12 | x=2y=12 | 1
asked | 12 | 2x=y=12 | 1
asked | 12 | 2x=24, x=12 | 0
asked | 12 | -12=-x | 0
asked | 12 | f(12)=0 | 0
asked | 12 | 0 = x - 12 | 0
asked | 0 | x=0 | 1
asked | 0 | x^2=0 | 0
asked | 0 | 2x=0 | 0
asked | 0 | a+b=0 | 1
asked | 12 | 12=\pi x | 0
asked | 12 | xx=12 | 0
asked | 12 | ex=12 | 0
asked | 12 | ix=12 | 0
asked | 12 | log(x)=12 | 0
asked | 12 | \sqrt(x)=12 | 0
asked | 12 | \exp(x)=12 | 0
asked | 12 | x(x-1)=12 | 0
asked | 12 | [x]=12 | 0
asked | 12 | 2(a+b)=12 | 0
asked | 12 | 2\angle A=12 | 0
asked | 12 | 180-\angle A=12 | 0
asked | 12 | 1-P(A)=12 | 0
asked | 12 | \frac{AB}{2}=12 | 0
asked | 12 | |2x|=12 | 0
asked | 12 | |\vec{v}|=12 | 1
asked | 12 | x\bmod 13=12 | 1
asked | 12 | \sin x+\cos x=12 | 1
asked | 12 | 2x\approx 12 | 0
asked | 3x+1 | x=3x+1 | 0
asked | (1,2) | (x,y)=(1,2) | 1
asked | (1,2) | (y,x)=(1,2) | 0
asked | (1,2) | (n,k)=(1,2) | 1
conditions | (1,2)\cup(2,\infty) | x>1, x\ne 2 | 1
conditions | x>1, x\ne 2 | (1,2)\cup(2,\infty) | 1
conditions | x>1, x\ne 2 | x>1 \text{ and } x\neq 2 | 1
conditions | x>1, x\ne 2 | x>1 | 0
conditions | x>1 | x>1, x\ne 2 | 0
conditions | x>1 | x>1, x\ne 0 | 0
conditions | (1,2)\cup(2,\infty) | x>1 \text{ and } x \ne 2 | 1
conditions | (1,2)\cup(2,\infty) | x>1 \text{ or } x \ne 2 | 0
conditions | (1,2)\cup(2,\infty) | x>1, x \ne 3 | 0
conditions | (1,2)\cup(2,\infty) | x\ge 1, x \ne 2 | 0
conditions | [0,1)\cup(1,\infty) | x \ge 0 \text{ and } x \neq 1 | 1
conditions | [0,1)\cup(1,\infty) | x \ge 0, x \neq 1 | 1
conditions | [0,1)\cup(1,\infty) | x \ge 0 \ (x \neq 1) | 1
conditions | [0,1)\cup(1,\infty) | x \neq 1, x\ge 0 | 1
conditions | [0,1)\cup(1,\infty) | x \ge 0 \text{ but } x \neq 1 | 1
conditions | [0,1)\cup(1,\infty) | [0,\infty)\setminus\{1\} | 1
conditions | [0,1)\cup(1,\infty) | [0,\infty)\setminus\{2\} | 0
conditions | [0,1)\cup(1,\infty) | x\in[0,\infty)\setminus\{1\} | 1
conditions | [0,1)\cup(1,\infty) | x\in[0,\infty), x \ne 1 | 1
conditions | x \ne 2 | \mathbb{R}\setminus\{2\} | 1
conditions | \mathbb{R}\setminus\{2\} | x \ne 2 | 1
conditions | \mathbb{R}\setminus\{2\} | x \ne 3 | 0
conditions | \mathbb{R}\setminus\{2\} | x \in \mathbb{R}, x \ne 2 | 1
conditions | \mathbb{R}\setminus\{2\} | \{x \in \mathbb{R} : x \ne 2\} | 1
conditions | \mathbb{R}\setminus\{2\} | \{x \mid x \ne 2\} | 1
conditions | \mathbb{R}\setminus\{2\} | (-\infty,2)\cup(2,\infty) | 1
conditions | \mathbb{R}\setminus\{1,2\} | x\ne 1, x\ne 2 | 1
conditions | \mathbb{R}\setminus\{1,2\} | x\ne 1 \text{ and } x\ne 2 | 1
conditions | \mathbb{R}\setminus\{1,2\} | x\ne 1 \text{ or } x\ne 2 | 0
conditions | \mathbb{R}\setminus\{1,2\} | x\ne 1, 2 | 1
conditions | \mathbb{R}\setminus\{1,2\} | x\ne 1 | 0
conditions | \mathbb{R}\setminus\{1\} | x\ne 1, 2 | 0
conditions | x\ne 0 | \mathbb{R} \setminus \{0\} | 1
conditions | x\ne \pm 1 | \mathbb{R} \setminus \{-1,1\} | 1
conditions | x\ne \pm 1 | x \ne 1 \text{ and } x \ne -1 | 1
conditions | x\ne \pm 1 | x \ne 1 | 0
conditions | (1,3) | x>1, x<3 | 1
conditions | (1,3) | x>1 \text{ and } x<3 | 1
conditions | (1,3) | 1<x, x<3 | 1
conditions | x>1, x<3 | 1<x<3 | 1
conditions | x>1, x<3 | x>1 \text{ or } x<3 | 0
conditions | (-\infty,-1)\cup(1,\infty) | x<-1 \text{ or } x>1 | 1
conditions | (0,1)\cup(1,\infty) | x>0, x\ne1 | 1
conditions | (0,1)\cup(1,2)\cup(2,\infty) | x>0, x\ne1, x\ne 2 | 1
conditions | (0,1)\cup(1,2)\cup(2,\infty) | x>0, x\ne1,2 | 1
conditions | (0,1)\cup(1,2)\cup(2,\infty) | x>0, x\ne1 | 0
conditions | (1,5)\setminus\{2\} | 1<x<5, x\ne 2 | 1
conditions | (1,2)\cup(2,5) | 1<x<5, x\ne 2 | 1
conditions | (1,2)\cup(2,5) | 1<x<5, x\ne 3 | 0
conditions | (1,2)\cup(2,5) | (1,5)\setminus\{2\} | 1
conditions | (1,2)\cup(2,5) | (1,5]\setminus\{2\} | 0
conditions | (-1,1) | [-1,1]\setminus\{-1,1\} | 1
conditions | k \neq 1 | k\ne 1 | 1
conditions | k \neq 1 | \mathbb{R}\setminus\{1\} | 1
conditions | k \neq 1 | (-\infty,1)\cup(1,\infty) | 1
conditions | k \neq 1 | x\ne 1 | 0
conditions | x>1, y\ne 2 | x>1, x\ne 2 | 0
conditions | x>1, y\ne 2 | (1,2)\cup(2,\infty) | 0
conditions | (1,2)\cup(2,\infty) | x>1, y\ne 2 | 0
conditions | a>0, a\ne 1 | a \in (0,1)\cup(1,\infty) | 1
conditions | a>0, a\ne 1 | a>1 \text{ or } 0<a<1 | 1
conditions | \mathbb{R} | \mathbb{R}\setminus\emptyset | 0
conditions | \mathbb{R}\setminus\mathbb{Z} | x \ne 2 | 0
conditions | x \ge 0, x\ne \sqrt{2} | [0,\sqrt2)\cup(\sqrt2,\infty) | 1
conditions | x \ge 0, x\ne \sqrt{2} | [0,\sqrt3)\cup(\sqrt3,\infty) | 0
conditions | x\in(1,\infty), x\ne 2 | (1,2)\cup(2,\infty) | 1
conditions | \mathbb{R} - \{2\} | x\ne2 | 1
conditions | x>1 | x>1, x>0 | 0
conditions | x>2 | x>1, x>2 | 0
conditions | x>2 | x>1 \text{ and } x>2 | 1
conditions | [0,1) | x<1 \text{ where } x\ge 0 | 1
conditions | [0,1) | 0\le x<1, x\in\mathbb{Z} | 0
"""

NEIGHBOURS = [
    (name, gold, answer, expected == "1")
    for name, gold, answer, expected in (line.split(" | ", 3) for line in _TABLE.strip().splitlines())
]
