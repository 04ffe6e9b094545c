r"""Variants of the faults that public bug reports found (issue 13): (class, gold, content of the box, expected).

`SENTENCES` holds whole model outputs without a box, or with a box that prose names. Wrong neighbours stand beside
right ones: a false reward is worse than a refused answer.
"""

from __future__ import annotations

_TABLE = r"""
F3 | 12 | 12\text{ maybe thirteen} | 0
F3 | 12 | 12\text{ thousands} | 0
F3 | 12 | 12 squared | 0
F3 | 12 | 12 \text{ pi} | 0
F3 | 12 | 12 \text{ hundredths} | 0
F3 | 12 | 12 \text{ negative} | 0
F3 | 12 | 12 \text{ factorial} | 0
F3 | 12 | 12 \text{ lakh} | 0
F3 | 12 | 12 \text{ K } \text{or so} | 0
F3 | 12 | 12 \text{ M} | 0
F3 | 12 | 12 \text{ B} | 0
F3 | 12 | 12 \text{ k} | 0
F3 | 12 | 12\mathrm{n} | 0
F3 | 12 | 12 \text{ tenths} | 0
F3 | 12 | 12 \text{ (mod 13)} | 1
F3 | 12 | 12 \text{ less than the answer} | 0
F3 | 12 | 12 \text{ in hexadecimal} | 0
F3 | 12 | 12 \text{ plus or minus one} | 0
F3 | 12 | 12 \text{ million people} | 0
F3 | 12 | \text{twice } 12 | 0
F3 | 12 | \text{half the answer is } 12 | 0
F3 | 12 | \text{The answer is not } 12 | 0
F3 | 12 | \text{Wrong answer: } 12 | 0
F3 | 12 | \text{minus the area} = 12 | 0
F3 | 12 | \text{negative: } 12 | 0
F3 | 12 | \text{the square of the value is } 12 | 0
F3 | 12 | 12 \text{ cents} | 0
F3 | 12 | 12 \text{ score} | 0
F3 | 12 | 12 \text{ parts per million} | 0
F3 | 12 | 12\% \text{ less} | 0
F3 | 12 | \text{Its square root is } 12 | 0
F3 | 12 | \text{The number of wrong answers is } 12 | 0
F3 | 12 | 12\text{ muffins} | 1
F3 | 12 | 12 \text{ distinct ordered triples} | 1
F3 | 12 | 12\text{ cups of flour} | 1
F3 | 12 | 12 \text{ dollars per person} | 1
F3 | 12 | 12 children | 1
F3 | 12 | 12\text{ more pages} | 1
F3 | 12 | 12\text{ more} | 0
F3 | 12 | 12\text{ more than pages} | 0
F3 | 12 | 12 \text{ sq ft} | 1
F3 | 12 | 12\text{ kg} \cdot \text{m}^2 | 1
F3 | 12 | 12 \text{ in total} | 1
F3 | 12000 | 12\text{ thousand} | 1
F3 | 12000 | 12\text{ thousand people} | 1
F3 | 1500000 | 1.5 million | 1
F3 | 1500000 | \$1.5\text{ million} | 1
F3 | 1200000 | 12 \text{ lakh} | 1
F3 | 144 | 12\text{ dozen eggs} | 1
F3 | 12\pi | 12\text{ pi} | 1
F3 | 12i | 12\text{ i} | 1
F3 | 12x | 12\mathrm{x} | 1
F3 | 90^\circ | 90\% | 0
F3 | 90^\circ | 90\text{ percent} | 0
F3 | 9\text{ values} | 9\% | 0
F3 | 90\% | 90^\circ | 0
F3 | 5\text{ cm} | 5\% | 0
F3 | 90^\circ | 90 \text{ degrees} | 1
F30 | p \land q | p \lor q | 0
F30 | p \wedge q | p \vee q | 0
F30 | p ∧ q | p ∨ q | 0
F30 | p \lor q \lor r | p \lor q \land r | 0
F30 | p \lor q | p, q | 0
F30 | p \land q | q \land p | 1
F30 | p \wedge q | q \land p | 1
F30 | p \lor q \lor r | r \lor p \lor q | 1
F30 | (p \land q) \lor r | r \lor (q \land p) | 1
F30 | dx \wedge dy | dy \wedge dx | 0
F30 | p \land q \implies r | p \lor q \implies r | 0
F30 | x>1 \land x<3 | (1,3) | 1
F30 | x>1 \land x<3 | x>1 \lor x<3 | 0
F30 | x \ge 1 \text{ and } x \le 3 | [1,3] | 1
F30 | x \ge 1 \text{ and } x \le 3 | (1,3) | 0
F30 | x < 1 \text{ or } x > 3 | x < 1 \text{ and } x > 3 | 0
F30 | x=1 \lor x=2 | 1, 2 | 1
F30 | A \cap B | A \cup B | 0
F30 | A \cup B | B \cup A | 1
F30 | A \cup B \cup C | C \cup A \cup B | 1
F30 | \vec{a}\cdot\vec{b} | \vec{b}\cdot\vec{a} | 1
F30 | \vec{a}\cdot\vec{b} | \vec{a}\times\vec{b} | 0
F30 | \vec{a}\times\vec{b} | \vec{b}\times\vec{a} | 0
F30 | \vec{a}\times\vec{b} | -\vec{b}\times\vec{a} | 1
F30 | \vec{a}\times\vec{b} | \vec{b}\times(-\vec{a}) | 1
F30 | \mathbf{a}\times\mathbf{b} | \mathbf{a}\cdot\mathbf{b} | 0
F30 | \mathbf{u}\times\mathbf{v} | \mathbf{v}\times\mathbf{u} | 0
F30 | 2\vec{a}\times\vec{b} | -2\vec{b}\times\vec{a} | 1
F30 | a \times b | a \cdot b | 1
F30 | a \times b | b \times a | 1
F4 | \frac{5001!}{5000!} | 5001 | 1
F4 | \frac{5001!}{5000!} | 5000 | 0
F4 | \frac{5001!}{4999!} | 5001 \cdot 5000 | 1
F4 | 4000! | 4000 \cdot 3999! | 1
F4 | 4000! | 4000 \cdot 3998! | 0
F4 | 2^{3^{50}} | 8^{3^{49}} | 1
F4 | 2^{3^{50}} | 4^{3^{49}} | 0
F4 | 2^{50000}+2^{50000} | 2^{50001} | 1
F4 | 3 \cdot 2^{50000} | 2^{50001} + 2^{50000} | 1
F4 | 3 \cdot 2^{50000} | 2^{50001} + 2^{50000} + 1 | 0
F4 | 10^{100000} | (10^{1000})^{100} | 1
F4 | 10^{100000} | 100^{50000} | 1
F4 | 10^{100000} | 10^{100000}+1 | 0
F4 | 10^{100000}-1 | 10^{100000} | 0
F4 | \frac{10^{50001}-1}{9} | \frac{10\cdot 10^{50000}-1}{9} | 1
F4 | \frac{10^{50001}-1}{9} | \frac{10^{50000}-1}{9} | 0
F4 | \binom{50000}{25000} | \frac{50000!}{25000!^2} | 1
F4 | \binom{50000}{25000} | \binom{50000}{24999} | 0
F4 | 6^{60000} | 2^{60000} \cdot 3^{60000} | 1
F4 | 6^{60000} | 2^{60000} + 3^{60000} | 0
F4 | 1 | \frac{2^{100000}}{2^{100000}} | 1
F4 | 0 | 2^{100000}-2^{100000} | 1
F4 | 9^{9^{9^{9}}} | 9^{9^{(9^9)}} | 1
F4 | 9^{9^{9^{9}}} | 9^{9^{9^{8}}} | 0
F4 | \sin 1 + 10^{100000} | \sin 2 + 10^{100000} | 0
F4 | \sin 1 + 10^{400} | \sin 2 + 10^{400} | 0
F4 | 5 | 7^{7^{7^{7}}} | 0
F4 | \frac{1}{0} \cdot 9^{9^{9}} | \frac{1}{0} \cdot 9^{(9^{9})} | 0
F5 | x^2 | x^2 \text{ for all real } x | 1
F5 | x^2 | x^2 \text{ for every } x \in \mathbb{R} | 1
F5 | x^2 | x^2, \ x \in \mathbb{R} | 1
F5 | x^2 | x^2 \quad (x \in \mathbb{R}) | 1
F5 | x^2 | x^2 \quad \forall x \in \mathbb{R} | 1
F5 | f(x)=cx | f(x)=cx \text{ where } c \text{ is a constant} | 1
F5 | \frac{n(n+1)}{2} | \frac{n(n+1)}{2} \text{ for } n \ge 1 | 1
F5 | x+1 | x+1, x \ne 1 | 1
F5 | x^2 \text{ for all real } x | x^2 | 1
F5 | 12 | 12 \text{ at } x=3 | 1
F5 | 12 | 12, \text{ attained at } x = 3 | 1
F5 | 12 | 12 \text{ when } a=1 \text{ and } b=2 | 1
F5 | n \text{ is odd} | n \text{ odd} | 1
F5 | 12 | 12 \text{ if } n \text{ is odd} | 0
F5 | 12 | 12 \text{ if } x > 3 | 0
F5 | 12 | 12 \text{ for } n=1, 13 \text{ otherwise} | 0
F5 | x^2 | x^2 \text{ for } x = 3 | 0
F5 | x | x \text{ where } x = 3 | 0
F5 | 12 | 12 \text{ unless } x = 3 | 0
F5 | 12 | 12 \text{ with } 13 | 0
F5 | n \text{ is odd} | n \text{ is even} | 0
F5 | n \text{ is odd} | n \text{ is not odd} | 0
F5 | x=2k+1, k\in\mathbb{Z} | x=2k+1, k\in\mathbb{N} | 0
F5 | 2^n-1 \text{ where } n \ge 1 | 2^n-1 \text{ where } n \ge 5 | 0
F5 | x^2 | x^3 \text{ for all real } x | 0
F6 | 12 | (B)\ 12 | 1
F6 | 12 | \textbf{(C)}\ 12 | 1
F6 | 12 | \text{(D) } 12 | 1
F6 | 12 | \text{E. } 12 | 1
F6 | 12 | \mathrm{(A)} \ 12 | 1
F6 | \frac{3}{4} | (B)\ \frac{3}{4} | 1
F6 | 2\sqrt{3} | \textbf{(D)}\ 2\sqrt{3} | 1
F6 | 120^\circ | \textbf{(B)}\ 120^\circ | 1
F6 | 12 | \text{(B) }13 | 0
F6 | 12 | (2)\ 12 | 0
F6 | 12 | (B)\ 12 \text{ or } (C)\ 13 | 0
F6 | 12 | (x)\ 12 | 0
F6 | 12 | \text{not (B) } 12 | 0
F6 | 12 | (B)(12) | 0
F6 | B | (B)\ 12 | 1
F6 | B | (C)\ 12 | 0
F8 | 12 | \text{There are 12 ways} | 1
F8 | 12 | \text{There are a total of 12 ways.} | 1
F8 | 12 | \text{We get 12} | 1
F8 | 12 | \text{The final answer is: 12} | 1
F8 | 12 | \text{The minimum value is } 12 | 1
F8 | 12 | 12 \text{ is the answer} | 1
F8 | 12 | n = 12 \text{ is the smallest} | 1
F8 | 12 | \text{Therefore the area is 12 cm}^2 | 1
F8 | 12 | \text{The number of ways} = 12 | 1
F8 | 12 | \text{There are 12 or 13 ways} | 0
F8 | 12 | \text{There are more than 12 ways} | 0
F8 | 12 | \text{There are not 12 ways} | 0
F8 | 12 | \text{at least 12 ways} | 0
F8 | 12 | 12 \text{ is not the answer} | 0
F8 | 12 | 12 \text{ is half the answer} | 0
F8 | 12 | \text{The answer is between 12 and 13} | 0
F8 | 12 | \text{The answer is twice 12} | 0
F8 | 12 | \text{about 12} | 0
F8 | 12 | \text{room 12} | 0
F8 | 12 | \text{12 wrong ways} | 0
F8 | 12 | \text{Not the area} = 12 | 0
F9 | \begin{cases} 1 & x>0 \\ 2 & x \le 0 \end{cases} | \begin{cases} 2 & x \le 0 \\ 1 & x>0 \end{cases} | 1
F9 | \begin{cases}1&x>0\\2&x\le 0\end{cases} | \begin{cases} 1, & \text{if } x>0, \\ 2, & x \leq 0 \end{cases} | 1
F9 | \begin{cases}1&x>0\\2&x\le 0\end{cases} | \begin{cases} 1\text{ if }x>0 \\ 2\text{ if }0\ge x \end{cases} | 1
F9 | \begin{cases} 1 & x>0 \\ 2 & x \le 0 \end{cases} | \begin{cases} 1 & 0<x \\ 2 & 0 \ge x \end{cases} | 1
F9 | \begin{cases} x+1 & x>0 \\ 2 & x \le 0 \end{cases} | \begin{cases} 1+x & x>0 \\ \frac42 & x \le 0 \end{cases} | 1
F9 | \begin{cases}1&n\text{ odd}\\2&\text{else}\end{cases} | \begin{cases}2&\text{else}\\1&n\text{ odd}\end{cases} | 1
F9 | f(x)=\begin{cases} 1 & x>0 \\ 2 & x \le 0 \end{cases} | \begin{cases} 2 & x \le 0 \\ 1 & x>0 \end{cases} | 1
F9 | (1,2) | \begin{cases} x=1 \\ y=2 \end{cases} | 1
F9 | \begin{cases} 1 & x>0 \\ 2 & x \le 0 \end{cases} | \begin{cases} 2 & x>0 \\ 1 & x \le 0 \end{cases} | 0
F9 | \begin{cases} 1 & x>0 \\ 2 & x \le 0 \end{cases} | \begin{cases} 1 & x \ge 0 \\ 2 & x < 0 \end{cases} | 0
F9 | \begin{cases} 1 & x>0 \\ 2 & x \le 0 \end{cases} | \begin{cases} 1 & x>0 \end{cases} | 0
F9 | \begin{cases} 1 & x>0 \\ 2 & x \le 0 \end{cases} | 1 | 0
F9 | 1 | \begin{cases} 1 & x>0 \\ 2 & x \le 0 \end{cases} | 0
F9 | (1,2) | \begin{cases} x=2 \\ y=1 \end{cases} | 0
F9 | \begin{cases} 1 & n \text{ odd} \\ 2 & k \end{cases} | \begin{cases} 1 & n \text{ not odd} \\ 2 & k \end{cases} | 0
F10 | \begin{pmatrix}3\\4\end{pmatrix} | \begin{bmatrix}3\\4\end{bmatrix} | 1
F10 | \begin{pmatrix}3\\4\end{pmatrix} | (3,4) | 1
F10 | \begin{pmatrix}3\\4\end{pmatrix} | \langle 3, 4 \rangle | 1
F10 | \begin{pmatrix}3\\4\end{pmatrix} | (3,4)^T | 1
F10 | \begin{pmatrix}3\\4\end{pmatrix} | \begin{pmatrix}3&4\end{pmatrix}^{\top} | 1
F10 | \begin{pmatrix}3\\4\end{pmatrix} | [[3],[4]] | 1
F10 | (3,4) | \begin{pmatrix}3\\4\end{pmatrix} | 1
F10 | \begin{pmatrix}1&2\\3&4\end{pmatrix} | [[1,2],[3,4]] | 1
F10 | \begin{pmatrix}1&2\\3&4\end{pmatrix} | \begin{pmatrix}1&3\\2&4\end{pmatrix}^T | 1
F10 | \begin{pmatrix}1&2\\3&4\end{pmatrix} | \left[\begin{array}{cc}1&2\\3&4\end{array}\right] | 1
F10 | \begin{pmatrix}3\\4\end{pmatrix} | (4,3) | 0
F10 | \begin{pmatrix}3\\4\end{pmatrix} | \begin{pmatrix}3&4\end{pmatrix} | 0
F10 | \begin{pmatrix}3\\4\end{pmatrix} | [3,4] | 0
F10 | \begin{pmatrix}3\\4\end{pmatrix} | \{3,4\} | 0
F10 | \begin{pmatrix}3\\4\end{pmatrix} | (3,4,0) | 0
F10 | \begin{pmatrix}1&2\\3&4\end{pmatrix} | [[1,3],[2,4]] | 0
F10 | \begin{pmatrix}1&2\\3&4\end{pmatrix} | \begin{pmatrix}1&2\\3&4\end{pmatrix}^T | 0
F10 | \begin{pmatrix}1&2\\3&4\end{pmatrix} | (1,2,3,4) | 0
F11 | 45 | \text{forty-five} | 1
F11 | 45 | \text{forty five} | 1
F11 | 100 | \text{a hundred} | 1
F11 | 365 | \text{three hundred sixty-five} | 1
F11 | 365 | \text{three hundred and sixty-five days} | 1
F11 | 2000 | \text{two thousand} | 1
F11 | 12 | \text{twelve ways} | 1
F11 | 12 | \text{The answer is twelve.} | 1
F11 | \frac{2}{3} | \text{two thirds} | 1
F11 | -7 | \text{minus seven} | 1
F11 | 5 | 5^{\text{th}} | 1
F11 | 1 | 1\text{st} | 1
F11 | \mathbb{R} | \text{all real numbers} | 1
F11 | \mathbb{R} | \text{the set of all real numbers} | 1
F11 | \text{all positive real numbers} | (0,\infty) | 1
F11 | \text{all nonnegative reals} | [0,\infty) | 1
F11 | \mathbb{Z}^+ | \text{all positive integers} | 1
F11 | \mathbb{Z}_{>0} | \mathbb{Z}^{+} | 1
F11 | \text{all nonzero real numbers} | \mathbb{R} \setminus \{0\} | 1
F11 | \emptyset | \text{There are no solutions.} | 1
F11 | 45 | \text{fifty-four} | 0
F11 | 45 | \text{forty} | 0
F11 | 12 | \text{twelve or thirteen} | 0
F11 | 12 | \text{not twelve} | 0
F11 | 12 | \text{twelfth} | 0
F11 | 12 | \text{twelve squared} | 0
F11 | 7 | \text{minus seven} | 0
F11 | 105 | \text{one hundred fifty} | 0
F11 | \mathbb{R} | \text{all positive real numbers} | 0
F11 | \mathbb{R} | \text{not all real numbers} | 0
F11 | \text{all real numbers except 0} | \mathbb{R} | 0
F11 | \mathbb{Z} | \text{all positive integers} | 0
F11 | \mathbb{N} | \mathbb{Z} | 0
F11 | (0,\infty) | \text{all nonnegative real numbers} | 0
F12 | 5 \text{ m/s} | 5 \text{ m s}^{-1} | 1
F12 | 5 \text{ m/s} | 5 \mathrm{m\,s^{-1}} | 1
F12 | 5 \text{ m/s} | 18 \text{ km/h} | 1
F12 | 5 \text{ m/s} | 5 \frac{\text{m}}{\text{s}} | 1
F12 | 5 \text{ m/s} | 5 \text{ meters per second} | 1
F12 | 5 \text{ m/s} | 5 \text{ m/s}^2 | 0
F12 | 5 \text{ m/s} | 5 \text{ m s} | 0
F12 | 5 \text{ m/s} | 5 \text{ km/h} | 0
F12 | 7 \text{ J} | 7 \text{ N m} | 1
F12 | 7 \text{ J} | 7 \mathrm{kg \cdot m^2/s^2} | 1
F12 | 7 \text{ J} | 7 \text{ W} | 0
F12 | 1 \text{ L} | 1000 \text{ cm}^3 | 1
F12 | 1 \text{ L} | 1000 \text{ cm}^2 | 0
F12 | 6\text{ ft } 2 \text{ in} | 74 \text{ inches} | 1
F12 | 74 \text{ inches} | 6 \text{ feet } 2 \text{ inches} | 1
F12 | 74 \text{ inches} | \text{6 feet 2 inches} | 1
F12 | 74 \text{ inches} | 6 \text{ feet and } 2 \text{ inches} | 1
F12 | 74 \text{ inches} | 6 \text{ feet } 3 \text{ inches} | 0
F12 | 2.5 \text{ hours} | 2 \text{ hours } 30 \text{ minutes} | 1
F12 | 2.5 \text{ hours} | 2 \text{ hours } 50 \text{ minutes} | 0
F12 | 2.5 \text{ hours} | 2 \text{ hours and } 30 \text{ minutes} | 1
F12 | 30.5^\circ | 30^\circ 30' | 1
F12 | 30.5^\circ | 30^\circ 50' | 0
F12 | 14:05 | 2:05 \text{ PM} | 1
F12 | 14:05 | 2:05 \text{ AM} | 0
F12 | 2:05 \text{ p.m.} | 2:05 | 1
F12 | 0:30 | 12:30 \text{ a.m.} | 1
F12 | 12:30 | 12:30 \text{ a.m.} | 1
F12 | 3:00 \text{ p.m.} | 3 \text{ PM} | 1
F12 | 3:45 | 15:45 | 0
F12 | 1234567 | 12,34,567 | 0
F12 | 1200000 | 12,00,000 | 1
F12 | 100 | 1,00 | 0
F12 | 2.5 \times 10^{-4} | 2.5\text{E}-4 | 1
F12 | 2.5 \times 10^{-4} | 2.5\text{E}4 | 0
F13 | x \equiv 3 \pmod 8 | x \equiv 3 \bmod 8 | 1
F13 | x \equiv 3 \pmod 8 | 3 \pmod{8} | 1
F13 | x \equiv 3 \pmod 8 | x \equiv 11 \pmod 8 | 1
F13 | x \equiv 3 \pmod 8 | x \equiv -5 \pmod{8} | 1
F13 | x \equiv 1, 3 \pmod 8 | x \equiv 3, 1 \pmod 8 | 1
F13 | x \equiv 3 \pmod 8 | x \equiv 3 \text{ (mod 8)} | 1
F13 | x \equiv a \pmod p | x \equiv a \bmod p | 1
F13 | 3 \pmod 8 | 3 | 1
F13 | 3 | 3 \pmod 8 | 1
F13 | \frac{1}{4} | P(X \le 2) = \frac14 | 1
F13 | \frac{1}{4} | \Pr(X > 2) = \frac14 | 1
F13 | 5 | \mathbb{E}[X] = 5 | 1
F13 | x \equiv 3 \pmod 8 | x \equiv 4 \pmod 8 | 0
F13 | x \equiv 3 \pmod 8 | x \equiv 3 \pmod 4 | 0
F13 | x \equiv 1, 3 \pmod 8 | x \equiv 1 \pmod 8 | 0
F13 | 11 | 11 \pmod 8 | 0
F13 | 3 \pmod 8 | 11 | 0
F13 | \frac{1}{4} | P(X \le 2) = \frac13 | 0
F13 | \frac{1}{4} | P(X \le 2) > \frac14 | 0
F14 | 42 | 42人 | 1
F14 | 42 | 42 \text{种} | 1
F14 | 42 | 42\text{ 个} | 1
F14 | 42 \text{ cm} | 42厘米 | 1
F14 | 42 \text{ cm} | 42\text{ 米} | 0
F14 | 420000 | 42万 | 1
F14 | 42 | 42万 | 0
F14 | 42 | 42亿 | 0
F14 | 1, 2 | 1或2 | 1
F14 | 1, 2 | 1和2 | 1
F14 | 1, 2 | 1または2 | 1
F14 | x=1, x=2 | x=1 或者 x=2 | 1
F14 | 1 | 1或2 | 0
F14 | 42 | 42分之一 | 0
F14 | 42 | 约42 | 0
F14 | 42 | 42多 | 0
F14 | 42 | 42以上 | 0
F14 | 42 | 42倍 | 0
F14 | 42 | 大于42 | 0
F14 | 42 | 不是42 | 0
F14 | 42 | 42元 | 0
F19 | 7 | 7.0000000000 | 1
other | x^3+C | x^3 + c | 1
other | x^3+C | x^3 + K | 1
other | x^3+C | x^3 + \text{const} | 1
other | x^3+C | x^3 + x | 0
other | x^3+C | x^3 + 2 | 0
other | x^3+C | x^3 | 0
other | x^3+c | x^3 + k | 0
other | cx+C | cx+c | 0
other | 34 | 34_{10} | 1
other | 34 | 34_{8} | 0
"""

SENTENCES = [
    ("F7", "12", r"\boxed{12}, put in a \boxed as asked.", True),
    ("F7", "12", r"The box: $\boxed{12}$ (the macro is \boxed).", True),
    ("F7", "12", "$\\boxed{12}$\n\nI used `\\boxed`.", True),
    ("F7", "12", r"\boxed{12} with \boxed, \fbox and \framebox", True),
    ("F7", "12", r"As asked, \boxed holds the answer: \boxed{12}", True),
    ("F7", "12", r"\boxed{12}. \boxed ends here", True),
    ("F7", "12", r"Use \boxed. The answer is 12.", True),
    ("F7", "12", r"$\boxed 12$", True),
    ("F7", "x", r"$\boxed x$", True),
    ("F7", "12", r"\boxed{13}, put in \boxed.", False),
    ("F7", "12", r"\boxed{12} or rather \boxed{13}, in \boxed.", False),
    ("F7", "12", r"\boxed{12} but then \boxed{", False),
    ("F7", "12", r"\boxed 13, not 12", False),
    ("F7", "12", r"I should use \boxed for 12", False),
    ("F15", "72", "The answer is **72** clips.", True),
    ("F15", "72", "The answer is **72**, as required.", True),
    ("F15", "72", "The answer is $72$ clips in total.", True),
    ("F15", "72", "Final answer: 72 (clips)", True),
    ("F15", "72", "**Final Answer**: **72**", True),
    ("F15", "72", "So, the answer is: **72**.", True),
    ("F15", "72", "The final answer is 72, altogether.", True),
    ("F15", "72", "ANSWER: 72 clips", True),
    ("F15", "72", "The answer is **72** since 8 * 9 = 72.", True),
    ("F15", "5 \\text{ cm}", "The answer is **5** cm.", True),
    ("F15", "72", "The answer is **72** or **73**.", False),
    ("F15", "72", "The answer is $72$ or $73$.", False),
    ("F15", "72", "The answer is 72, or maybe 73.", False),
    ("F15", "72", "The answer is **72** thousand.", False),
    ("F15", "72", "The answer is 72 (or 73).", False),
    ("F15", "72", "The answer is **not** 72.", False),
    ("F15", "72", "The answer is 72, not counting the first.", False),
    ("F15", "72", "The answer is less than 72.", False),
    ("F15", "5 \\text{ cm}", "The answer is **5** km.", False),
    ("F15", "red", "The answer is red, blue.", False),
    ("F14", "42", "所以答案是42。", True),
    ("F14", "42", "最终答案：42", True),
    ("F14", "42", "答案为 **42**。", True),
    ("F14", "42", "答えは42です。", True),
    ("F14", "42", "正解：$42$", True),
    ("F14", "42", "答案不是42。", False),
    ("F14", "42", "答案是42或43。", False),
    ("F14", "42", "答案是421。", False),
]

VARIANTS = [
    (name, gold, answer, expected == "1")
    for name, gold, answer, expected in (line.split(" | ", 3) for line in _TABLE.strip().splitlines())
]
