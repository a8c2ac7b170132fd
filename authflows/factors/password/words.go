package password

// keyboards are lines of neighbouring keys: rows, columns and zigzags of common layouts.
var keyboards = []string{
	"1234567890-=", "!@#$%^&*()_+", "0123456789",
	"qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./",
	"qwertzuiopü", "yxcvbnm,.-", "asdfghjklöä", "azertyuiop", "qsdfghjklm", "wxcvbn",
	"йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю",
	"1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/", "!qaz@wsx#edc$rfv%tgb^yhn&ujm",
	"qazwsxedcrfvtgbyhnujmikolp", "zaq1xsw2cde3vfr4bgt5nhy6mju7", "zaq12wsxcde34rfv", "zaqxswcdevfrbgtnhymju",
	"1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0", "qawsedrftgyhujikolp", "qweasdzxc", "qweasdrtyfgh",
	"123qweasdzxc", "1qazxsw23edc", "1qazxsw2", "147258369", "159357", "741852963", "789456123", "7894561230",
	"1122334455667788990", "112233", "102030405060", "123123", "121212", "131313", "246810", "1357924680",
	"a1b2c3d4e5f6g7h8", "1a2b3c4d5e6f", "aabbccddeeff", "abcabc",
}

// themes are the words that people choose, by what they think of.
var themes = []string{
	// The subject itself.
	`password passwort passwd passw0rd pass passe motdepasse contrasena senha parola wachtwoord haslo salasana
	losenord parol пароль mypass mypassword newpass newpassword changeme change letmein letmeinnow openup
	opensesame access login logon signin welcome secret secure security private trustno1 trustme nopass
	nopassword whatever nothing something anything forgot forget remember default guest user username root
	admin administrator superuser sysadmin manager master test testing tester testtest demo temp temporary
	sample example blank enter hello goodbye please unknown qwerty qwertz azerty asdf zxcv qwe asd zxc qaz wsx
	edc tenantgate`,

	// Machines and work.
	`computer internet network server system windows microsoft linux ubuntu debian unix apple macintosh google
	gmail yahoo hotmail facebook twitter youtube instagram linkedin myspace android samsung nokia motorola
	sony toshiba siemens intel pentium nvidia oracle mysql postgres database backup router cisco wireless
	hacker hack hacked matrix compaq dell hewlett packard ibm adobe amazon netflix paypal bitcoin crypto web
	website online download software hardware program programmer code coding developer engineer digital cyber
	virus keyboard monitor mouse office work company business service support sales finance market account
	money cash dollar rich million billion student teacher school college university class english science
	physics chemistry doctor nurse lawyer police fireman soldier army navy marine marines airforce ranger
	pilot captain sergeant general major colonel chief boss`,

	// Love and family.
	`iloveyou iloveu ilovegod ilovejesus iloveme loveyou loveu loveme lovelove love lover lovers loving lovely
	beloved luv amor amore teamo tequiero jetaime liebe hug hugs kiss kisses kissme kissmyass heart hearts
	sweet sweetheart sweetie sweety honey honeybee baby babe babyboy babygirl babydoll babyface darling dear
	angel angels angelo cutie cute cuteness beautiful beauty gorgeous pretty handsome princess prince queen
	king kings kingdom family mother mommy mom mama father daddy dad papa brother sister son daughter uncle
	grandma wife husband girlfriend boyfriend bestfriend friend friends friendship forever always together
	single married marriage wedding destiny hope faith peace happy happiness smile smiley joy dream dreamer
	dreams memory life live living mylove mybaby myself lovehate truelove onelove foreverlove`,

	// Given names.
	`michael jennifer jessica michelle daniel anthony joshua matthew andrew ashley amanda nicole robert jordan
	thomas charlie george maggie samantha martin hannah heather william taylor brandon justin patrick melissa
	richard joseph elizabeth christian christopher christine christina natasha victoria stephanie rebecca
	rachel alexander alexandra alexis alexandre jonathan nicholas benjamin samuel david john james jack jason
	kevin brian steven stephen mark paul peter philip phillip edward eric erik adam aaron alan albert alex
	alfred alice alicia allison amber amelia amy andrea andreas angela angelina anna anne annie antonio arthur
	austin barbara barney beatrice bella bernard betty beverly billy bobby bonnie bradley brenda brittany
	bruce bryan caitlin cameron carl carlos carmen carol caroline carolina casey cassie catherine cathy
	charles charlotte chelsea chloe chris cindy claire claudia connor courtney craig crystal cynthia daisy
	dakota dallas dana danielle darren debbie deborah denise dennis derek diana diane diego dominic donald
	donna dorothy douglas dylan eduardo elaine eleanor emily emma erica erin ethan eugene evelyn felix
	fernando fiona florence frances francis francisco frank franklin fred freddy frederic gabriel gabriela
	gary gemma gerald gerard gilbert gina gloria gordon grace graham grant greg gregory guillermo gustavo
	harold harry harvey heidi helen henry herbert howard hunter ian irene isaac isabel isabella isabelle ivan
	jackie jackson jacob jacqueline jake jamie jane janet janice jasmine javier jean jeff jeffrey jenna jenny
	jeremy jerome jerry jesse jesus jill jimmy joan joanna joanne joel johanna johnny johnson jorge jose josh
	juan juanita judith julia julian julie juliana juliet julio justine karen karina karl kate katherine
	kathleen kathryn katie katrina keith kelly kelsey kenneth kenny kimberly kristen kristina kristin kyle
	lance larry laura lauren laurence laurent leah leonard leonardo leslie lewis lillian linda lindsay lindsey
	lisa logan lorenzo louis louise lucas lucia lucy luis luke lynn madison manuel marc marcel marcus margaret
	maria mariana marie marina mario marion marissa marjorie marlene marshall martha martina marvin mary mason
	mathew maurice max maxime maxwell megan melanie melinda mercedes meredith miguel mike mildred miranda
	mitchell molly monica monique morgan morris muhammad mohammed ahmed ali hassan hussain ibrahim fatima
	abdul nancy naomi natalia natalie nathalie nathan nathaniel neil nelson nicola nicolas nigel nina nora
	norman oliver olivia oscar pablo pamela patricia paula pauline pedro penny philippe pierre priscilla
	rafael ralph ramon randy raquel raul raymond renee ricardo ricky riley roberto robin rodney rodrigo roger
	roland romain roman ronald ronnie rosa rosario rosemary ross roxanne ruben russell ruth ryan sabrina sally
	salvador sandra sandy santiago sara sarah savannah scott sean sebastian serena sergio shane shannon sharon
	shawn sheila shelby shelly sherry shirley sidney silvia simon simone sofia sonia sophia sophie spencer
	stacey stacy stanley stella steve stewart stuart susan suzanne sydney sylvia sylvie tamara tania tanya
	tara tatiana teresa terry theodore theresa tiffany tim timothy tina todd tommy tony tracy travis trevor
	tristan tyler valentin valentina valerie vanessa vernon veronica vincent vincenzo virginia vivian vladimir
	wallace walter wanda warren wayne wendy wesley whitney wilson winston xavier yolanda yvonne zachary sergey
	dmitri dmitry alexey andrey igor oleg olga svetlana tatyana yuri nikita anastasia ekaterina marley smith
	jones williams brown davis miller moore anderson garcia martinez robinson rodriguez lopez gonzalez
	hernandez murphy obrien campbell`,

	// Sports and clubs.
	`football baseball basketball soccer hockey tennis volleyball softball wrestling swimming swimmer running
	runner golf golfer golfing golfball bowling boxing boxer karate judo cricket rugby lacrosse skating skater
	skateboard snowboard snowboarding surfing surfer skiing fishing fisherman hunting racing racer cycling
	cheer cheerleader gymnast dance dancer dancing ballet champion champions winner winners victory player
	players playboy coach goalie striker arsenal liverpool liverpoolfc manchester manunited manutd everton
	tottenham celtic rangers newcastle barcelona realmadrid juventus milan intermilan bayern dortmund benfica
	porto ajax flamengo corinthians palmeiras santos boca ronaldo ronaldinho messi beckham rooney gerrard
	torres zidane maradona pele kobe lakers lebron jordan23 bulls celtics yankees redsox dodgers giants mets
	cubs cardinals braves tigers phillies cowboys steelers packers patriots raiders broncos redskins eagles
	dolphins bears falcons saints panthers vikings chargers seahawks ravens colts jaguars bengals buccaneers
	browns chiefs texans longhorns gators sooners buckeyes huskers wolverine wolverines badgers bulldog
	bulldogs wildcats hurricanes redwings bruins flyers penguins sharks canucks canadiens mapleleafs oilers
	flames ferrari schumacher senna nascar earnhardt tigerwoods titleist callaway ultimate olympic sports
	sport athlete`,

	// Animals and nature.
	`monkey dragon tiger lion lions panther leopard jaguar cheetah cougar puma bear grizzly panda koala wolf
	wolves fox foxy rabbit bunny hamster kitten kitty kitkat cat cats pussycat puppy puppies dog dogs doggy
	doggie beagle poodle rottweiler doberman labrador shepherd husky chihuahua dalmatian horse horses pony
	mustang stallion cowgirl cowboy cow pig piggy goat sheep lamb chicken rooster turkey duck ducks goose
	eagle falcon hawk phoenix raven crow owl parrot peacock pigeon penguin dolphin shark whale orca fish
	goldfish turtle tortoise frog froggy froggie gecko lizard iguana snake cobra viper python anaconda
	alligator crocodile spider scorpion butterfly ladybug bumblebee dragonfly mosquito elephant giraffe
	gorilla hippo rhino zebra buffalo bison moose deer squirrel unicorn pegasus dinosaur animal animals birdie
	bird flower flowers rose roses lily tulip orchid violet jasmin sunflower blossom garden forest tree
	mountain mountains river ocean beach island sunshine sunrise sunset sunny sun moon moonlight moonbeam star
	stars starlight starfish sky skyline rainbow rain thunder lightning storm tornado hurricane snow snowball
	snowflake snowman ice winter spring summer autumn fall fire water earth wind nature volcano desert diamond
	emerald sapphire ruby pearl silver golden gold platinum iron steel stone rock`,

	// Food and drink.
	`cheese cookie cookies chocolate candy sugar cupcake cake pizza burger hamburger sandwich bacon butter
	peanut pepper peppers ginger vanilla strawberry blueberry raspberry cherry banana bananas apples orange
	oranges lemon lime peach pumpkin pineapple coconut mango melon watermelon tomato potato pickle pickles
	onion garlic coffee java tea milk juice cocacola pepsi sprite fanta snickers skittles oreo nutella beer
	budweiser heineken guinness corona whiskey whisky vodka tequila smirnoff jackdaniels captainmorgan wine
	champagne popcorn noodle spaghetti taco burrito sushi rice bread cinnamon caramel muffin waffle pancake
	marshmallow jellybean gummybear`,

	// Stories, games and music.
	`superman batman spiderman ironman hulk thor avengers marvel joker catwoman superstar superhero starwars
	skywalker lukeskywalker darthvader vader yoda jedi anakin stormtrooper startrek enterprise ncc1701 spock
	kirk picard voyager klingon harrypotter potter hogwarts hermione gandalf frodo aragorn legolas hobbit
	mordor lotr neo trinity morpheus terminator predator alien aliens robocop rambo rocky godfather scarface
	gladiator highlander casper garfield snoopy scooby scoobydoo mickey mickeymouse minnie donaldduck goofy
	pluto disney disneyland tinkerbell cinderella snowwhite pocahontas simba nemo bambi dumbo winnie poohbear
	pooh tigger eeyore piglet tweety sylvester bugsbunny homer bart simpson simpsons southpark cartman
	familyguy stewie pokemon pikachu charizard digimon naruto sasuke goku vegeta dragonball sailormoon
	inuyasha luigi zelda sonic sega nintendo gamecube playstation xbox xbox360 halo minecraft fortnite roblox
	warcraft worldofwarcraft starcraft diablo counterstrike counter strike halflife quake doom doom2
	callofduty blackops runescape finalfantasy sephiroth tekken mortalkombat streetfighter tetris pacman gamer
	games game gaming player1 metallica nirvana slipknot korn linkinpark linkin greenday blink182 eminem
	rapper tupac 2pac biggie snoopdogg ledzeppelin zeppelin pinkfloyd beatles rolling stones acdc ironmaiden
	megadeth slayer rush2112 vanhalen aerosmith elvis madonna britney shakira beyonce rihanna bieber
	justinbieber jonasbrothers onedirection spicegirls backstreet nsync bonjovi depeche bobmarley rasta reggae
	hiphop punkrock rockstar rocknroll rockon heavymetal metal music musica guitar guitars bass drums drummer
	piano violin trumpet fender gibson stratocaster`,

	// Cars and places.
	`corvette camaro porsche lamborghini maserati bugatti bmw audi volkswagen jetta passat toyota honda civic
	accord nissan mazda subaru impreza mitsubishi lancer hyundai chevrolet chevy ford dodge charger challenger
	firebird pontiac cadillac lincoln buick jeep wrangler hummer harley davidson harleydavidson yamaha
	kawasaki suzuki ducati turbo engine truck trucker driver driving motorcycle america american usa canada
	mexico brazil brasil argentina england britain london scotland ireland irish france paris germany berlin
	italia italy roma spain espana madrid portugal holland amsterdam russia moscow poland polska istanbul
	israel egypt africa nigeria india mumbai pakistan china beijing japan tokyo korea vietnam thailand
	philippines indonesia australia melbourne newyork brooklyn manhattan boston chicago detroit atlanta miami
	florida orlando texas houston denver colorado arizona vegas lasvegas california losangeles hollywood
	sandiego sanfrancisco oakland seattle portland hawaii alaska montana nebraska georgia tennessee nashville
	memphis kentucky louisiana pittsburgh philadelphia cleveland cincinnati milwaukee minnesota toronto
	vancouver montreal`,

	// Attitude, belief and the rest.
	`shadow killer ninja samurai warrior knight knights wizard magic magician merlin mystic legend hero heroes
	ghost zombie vampire werewolf demon devil satan lucifer evil hell heaven god christ jesuschrist church
	bible blessed blessing amen allah bismillah buddha karma spirit spiritual angelic lord savior pirate
	pirates viking gangster gangsta thug thuglife pimp pimpin playa badboy badgirl badass bad boy girl boys
	girls bigboy bigdog bigdaddy bigmoney big small little tiny fat fatty skinny sexy sexygirl sexyboy
	sexything sex hot hottie hotstuff hotdog hotrod fuck fucker fuckyou fuckoff fuckme motherfucker asshole
	bitch bitches bastard bullshit shit shithead pussy dick dickhead cock penis vagina boobs tits porn porno
	playmate pornstar blowjob cumshot hardcore horny naughty nasty naked stupid idiot moron loser dumbass
	crazy insane maniac psycho freak freedom liberty justice power powerful energy dynamite bomber sniper
	gunner bullet rocket missile cannon trigger remington winchester blade sword hammer thunderbird blackbird
	blackjack poker casino lucky luckydog lucky7 fortune chance jackpot black white red blue green yellow
	purple pink grey gray color colors redhead blondie blonde blackcat blueeyes greeneyes babylon number one
	two three four five six seven eight nine ten hundred thousand january february march april may june july
	august september october november december monday tuesday wednesday thursday friday saturday sunday today
	tomorrow yesterday weekend holiday christmas santa halloween easter birthday vacation party paradise
	fantasy mystery adventure discovery explorer discover traveler wanderer stranger danger dangerous creative
	create genius brainiac scorpio gemini libra taurus aries pisces virgo capricorn aquarius sagittarius leo
	cancer infinity eternity universe galaxy cosmos planet saturn jupiter mercury venus mars apollo athena
	zeus hercules achilles odyssey titan titanic olympus atlantis spartan spartans trojan trojans excalibur
	camelot lancelot cool coolman coolguy kool awesome amazing fantastic wonderful perfect special super
	superb extreme maximum ultra mega monster giant gizmo buddy bubba bubbles bubble boomer buster rusty dusty
	duke rex bandit bailey cooper sparky smokey patches precious sadie sasha zoey midnight misty tucker toby
	teddy teddybear scooter skippy skipper sammy samson sampson spike stinky tinker whiskers woody zorro
	marlboro newport camel weed ganja marijuana cannabis stoner highlife budlight smoke smoker smoking bong
	maverick iceman topgun phantom stealth spitfire tomcat hornet intruder trapper hunter2 archer outdoors
	camping cabin chevelle gatorade eatme suckit blowme bite biteme eatshit screwyou ihateyou hate hateyou
	hater death dead die diehard emo gothic goth punk rebel outlaw anarchy chaos havoc mayhem`,

	// What is put between words.
	`the and for you your yours mine our his her its this that with from are was not all any only can will get
	got let`,
}
