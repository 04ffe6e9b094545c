"""The words that change no value: nouns that are counted, words beside them, words that name what is asked.

Closed lists. A word that is not here (thirteen, squared, sevenths, negative, not) makes the text around a number
no value: which words change a value cannot be listed, which do not can.
"""

from __future__ import annotations

import re

_COUNTED = """
accidents acorns actors adults airplanes albums aliens alligators animals answers antacids ants apartments
appetizers apples applications appointments apps aprons aquariums arms arrangements artichokes articles artifacts
artworks assignments asymptotes athletes attendees aunts automorphisms avocados awards babies backpacks badges
baggies bags baguettes bales balloons balls bananas bandages bands barrels bars baseballs basketballs baskets
batches bathrooms baths bats batteries beads beakers beans bears beats beavers bedbugs bedrooms beds bees beetles
beignets belts benches berets berries bicycles bikes billboards bills binders birches birdhouses birds biscuits
bites blackbirds blankets blisters blocks blondies blouses blueberries boards boats bollards bolts bones bonnets
bonus books bookshelves bottlecaps bottles bouquets bowlfuls bowls boxcars boxes boxwoods boys bracelets braids
branches bricks brochures brothers brownies browns brunettes bubbles buckets bugs builders buildings bulbs bunches
bundles bunnies buns burgers burritos buses bushels bushes businesses butterflies buttons buyers cabinets cacti
cages cakes calls calories campers candidates candies candles canes canoes cans cantaloupes caps capsules caramels
cardinals cards carnations carpenters carpets carriages carrots cars cartons carts cases categories caterpillars
cats cattle ceilings cells centers chairs changes channels chapters characters chargers cheerleaders cheesecakes
cheeses chefs cherries chests chickens chicks child children chimichangas chips chives chocolates choices chores
circles citations cities citizens claims clamps clarinets classes classmates classrooms claws clerks clients clips
clothes clotheslines clouds clovers cloves clowns clubs clusters coals coats cobs coconuts codes coefficients
coffees coins collars collectors colorings colors colourings colours columns combinations comics committees
complaints components computers cones configurations consonants contacts containers contestants cookies coolers
copies corns counters countries counts couples coupons courses cows crabs crackers crafts cranberries cranes craters
crates crayons creams credits crickets croissants crops croutons crows crunches cubes cuboids cubs cucumbers
cupcakes curlers curries customers cuttlebones cycles cylinders daisies dandelions daps darts dates daughters decks
decorations deer delegates deliveries demerits desks desserts devices diagonals dials diamonds diapers diaries dice
digits dinners dishes dislikes divisors doctors dogs dolls dolphins dominoes donations donuts doors doses dots
doughnuts doughs doves downloads drawings draws dreams dresses drinks drivers driveways drops drummers drums dryers
ducklings ducks dumplings earrings ears edges eggplants eggs elements elephants emails employees emus enclosures
enemies engines entrees entries envelopes episodes equations erasers exams eyes faces factors fairies families
farmhands feathers feedings feet females fences ferns fields figures figurines files filets fillets fingers
firecrackers fireflies fires fireworks fish flags flats flavors fleas flies flights flips floats floors flowerbeds
flowers flutes flyers folders foldings followers footprints forks forms foxes frames friends fries frisbees frogs
fronds fruits functions fungi gadgets galleries games geckos geese gems gemstones generators geraniums gifts
gingerbreads giraffes girls gizmos glasses gnomes goals goats graders grades grains grapes graphs grasshoppers
groceries groups guests guitars gumballs guns guppies gusts haircuts hairs halls hamburgers hands handshakes hangers
hares hats hawks heads hearts hens hexagons highlighters hikes hills hits hives holes homes homomorphisms honeydews
hoodies hoots hops horses horseshoes hospitals hotdogs households houses hushpuppies identities individuals
inequalities ingredients inhabitants insects installments instances instruments integers intersections intervals
invitations irises islands issues items jackets jacks jars jays jeans jellybeans jerseys jewels jobs joggers jokes
jugs jumps juniors kangaroos kernels keys kids kindergartners kinds kitchens kits kittens kiwis knicks knives koalas
ladders ladies ladybugs lambs lamps laps laptops lattes lawns layers leaves legos legs lemons lengths leopards
lessons letters levels license licks lids lightbulbs lighters lights likes lilies limbs limes lines links lions
listens lists lives lizards llamas loads loaves lollipops loss losses lovers lunches macarons macaroons machines
magazines maggots magnets mails males man managers mangoes mangos marbles marigolds markers marks marshmallows
mascots masks matchboxes matches matchsticks materials matrices meals meatballs medals melons members memos men
messages mice milkshakes millipedes minnows mistakes models monitors monkeys monsters motorcycles mountains moves
movies muffins mugs multiples mushrooms musicians nails napkins necklaces neighbors nephews newborns newspapers
nights nodes noodles notebooks notes nougats novels nuggets numbers nurses nuts objects octagons officers offices
olives omelets omelettes ones onions oranges orchards orchids orcs orderings orders orientations outcomes outfits
oxen oysters packages packets packs pages pails paintings pairs palindromes pallets pamphlets pancakes pandas panels
pans pants papayas paperclips papers paragraphs parallelograms parents parks parrots parsnips participants particles
partitions parts passengers passwords pastries patches paths patients patrons patterns paws peaches peanuts pearls
pears pebbles pegs pencils penguins pens pentagons people peppers periods permutations person persons petals pets
petunias phones photographs photos phrases physicians pianists pickles picks pictures pieces pies pigeons piglets
pigs piles pillows pills pineapples pinecones pines pins pistachios pitches pixels pizzas places planks planters
plants plates players plays plugs plums pockets pods pointers points poles polishes pollywogs polygons polyhedra
polynomials pomelos poodles pools popsicles portions portraits positions possibilities postcards posters posts
potatoes pots pouches presents pretzels primes prints prisms problems products puffs pumpkins pumps punches pupils
puppies pups purses pushups puzzles pyramids quadrilaterals quadruples questions quiches quilts quizzes rabbits
racers racquets raisins ranks raspberries rats reams recoveries rectangles reflections refuels regions repairs
representatives reps requests residents restaurants returns revolutions rhinestones rhinos riddles rides ridges
rings robins robots rocks rods rolls roommates rooms roosters roots roses rotations rounds routes rows rungs runners
runs sacks salads salutations samples sandcastles sandwiches saplings sausages scallops scarves schoolers schools
scientists scoops scores screens screws seagulls seashells seasons seatings seats sections sectors seedlings seeds
segments semesters seniors sentences sequences sequins servings sessions sets settings shares sharks sheep sheets
shells shelves shirts shoes shorts shots showers shrimp siblings sides sightings signatures signs singers sisters
sites situps skates skeins skeletons skips skirts skittles slats sleeves slices slips smartphones snacks snails
snakes snapdragons snowballs snowflakes soaps socks sodas soldiers solutions songs sonnets sons spaces sparklers
spears species spheres spiders spokes spools spoons sports spots sprigs squares squats squirrels stacks stairs
stakes stalks stamps stanzas staplers stars starters states stations statues steaks stems steps stickers sticks
stingrays stitches stones stoplights stops stores stories storks strands strawberries straws streams streetlights
streets strings stripes strips strokes students stuffers stuffies subcommittees subgroups subjects subscribers
subscriptions subsets suckers suitcases suits sunflowers supplements surfers surveys swallows swans sweaters sweets
switches systems tables tabs tacks tadpoles tails tangerines tanks taps tarantulas tarts tasks tattoos taxes
teachers teacups teams tears teas teddies teenagers teens teeth televisions tennis tents terms terriers tests
tetrahedra tetras textbooks texts things thorns throws tickets ties tigers tiles times tins tips tires tissues toads
toddlers toenails toes tokens tomatoes tools toothbrushes toothpicks toppings tosses touchdowns tourists towels
towers toys tractors trains trapezoids trays treasures treats trees trials triangles triples triplets trips trolls
trophies trouts truckloads trucks truffles trumpets tubes tubs tulips tuples turkeys turns turtles twigs types
unicorns uniforms units utensils utilities vacations vaccines values vampires vans vegetables vehicles vents vertex
vertices vessels vests vibrations videos visitors visits vlogs volleyballs volunteers voters votes waiters wallops
walls walnuts wands washers washes watches watermelons way ways weasels websites weeds weekdays weekends weights
whales wheels whiskers whistlers whites widgets wigs windows wings wins wipes woman women words workers worms
wrappers yarns yogurts yolks zebras zeros zits zombies
"""
_MEASURED = """
bacon beef bread butter cake candy cash cement cereal cheese chicken chocolate cloth clothing coal coffee
concrete corn cream dirt dough fabric fertilizer flour food fruit fuel furniture gas gasoline gold grain grass
hair hay homework honey ice iron jam juice land lemonade lettuce meat medicine milk money mulch music oil paint
paper pasta pie pizza popcorn rice rope salt sand silver soda soil soup steel string sugar syrup tea trash
turkey water wheat wine wood wool work yarn yogurt
"""
_BESIDE = """
additional new old extra golden pink purple orange brown stuffed wooden rubber plastic paper colored hot cold
spare a all altogether an apiece are available away blue combined consecutive different distinct each every for
full given green his her identical in individual its large left my of on ordered our per positive possible red
remaining required separate small solid such that the their there total unique simplest form unordered valid white black
yellow with yearly monthly daily weekly your whole overall respectively
"""
_ASKED = """
age amount angle answer area average base bill capacity charge circumference coefficient constant cost count degree
determinant diameter dimension discriminant distance duration earnings expectation fee height hypotenuse income
inradius circumradius intercept interest length limit magnitude mean measure median mode number order payment
perimeter period price probability profit radius rank rate ratio remainder result revenue root salary score side
slope solution speed surface temperature term time value variance velocity volume wage weight width winner choice
option expected final correct only desired greatest highest largest least longest lowest maximal maximum minimal
minimum shortest smallest optimal best required exact numerical
"""
_SENTENCE = """
so thus hence therefore then here finally we i it this that they he she have has get gets obtain find found gives
give is are be was will would must can equals equal comes to by from our your as
"""
_CJK = """
个 個 只 種 种 人 名 位 次 条 條 本 张 張 支 枝 块 塊 颗 顆 头 頭 匹 辆 輛 件 套 双 雙 对 對 组 組 棵 朵
盒 箱 袋 瓶 杯 碗 页 頁 题 題 项 項 点 點 步 行 列 排 层 層 间 間 家 所 座 道 部 台 根 片 粒 份 周 圈 通り
個の つ こ 枚 匹 冊 台 回 問 点 人の 種類
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _singular(noun: str) -> str:
    """Return the regular singular of a plural; other words as they are."""
    if noun.endswith("ies"):
        return noun[:-3] + "y"
    if re.search(r"(?:s|x|z|ch|sh)es$", noun):
        return noun[:-2]
    return noun.removesuffix("s")


#: Singulars that mean something else: a square foot, the cube, the root, times.
_NOT_SINGULAR = frozenset([
    "square", "cube", "root", "log", "time", "prime", "zero", "one", "set", "factor", "term", "pair",
    "score", "short",
])  # fmt: skip
_NOUNS = _words(_COUNTED)
COUNTED = (
    _NOUNS
    | {one for noun in _NOUNS if (one := _singular(noun)) not in _NOT_SINGULAR}
    | _words(_MEASURED)
    | _words(_CJK)
)
BESIDE = _words(_BESIDE)
ASKED = _words(_ASKED)
SENTENCE = _words(_SENTENCE)
