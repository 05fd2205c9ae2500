"""Words that headers use for each field, in French and English.

Phrases are compared without accents, case, articles or the words of a question; `|` is between two. A header that
is a phrase of `PHRASES` is sure, one of `WEAK` less. `AGAINST`: words that give it another meaning ("nom" of a
person, "adresse" of a mail box).
"""

PHRASES: dict[str, str] = {
    "name": (
        "nom|name|denomination|intitule|libelle|lib|raison sociale|enseigne|nom commercial|titre|title|"
        "nom usuel|appellation|nom officiel|official name|display name|label|designation|nom lieu|"
        "nom structure|nom etablissement|nom site|nom tl|nom tiers lieu|nom espace|nom fablab|nom coworking|"
        "nom organisation|nom organisme|nom association|nom entreprise|nom equipement|nom bibliotheque|"
        "nom mairie|nom gare|nom hotel|nom cafe|libelle structure|libelle site|lieu nom|structure nom|"
        "denomination usuelle|denomination unite legale|denomination usuelle etablissement|"
        "enseigne etablissement|enseigne 1 etablissement|nom complet|nom local|venue name|place name|"
        "site name|organisation name|organization name|space name|business name|company name|item label|"
        "user nom|lib territoire|lib fs|lieu|tiers lieu|tl|etablissement|structure|organisme|organisation|"
        "association|mairie|espace|site|nom affiche|appelle lieu|appelle|comment appelle lieu|"
        "comment appelle tiers lieu|venue|bibliotheque|point numerique|c nom|nom projet|nom magasin|"
        "nom batiment|nom boutique|nom fabrique|fablab|coworking|raison sociale etablissement"
    ),
    "address": (
        "adresse|address|adr|rue|voie|street|adresse postale|adresse complete|adresse 1|adresse ligne 1|"
        "street address|address line 1|addr street|contact street|numero rue|numero voie|n rue|adresse lieu|"
        "adresse site|nom voie|nom rue|adresse structure|adresse etablissement|adresse numero rue|"
        "adresse geographique|localisation|location|adresse physique|ou situe|adresse tiers lieu|"
        "adresse mairie|user adres|adres|arc adresse|voie adresse|full address|formatted address|rue numero|"
        "adresse voie|ou trouve|thoroughfare|road|libelle voie|libelle voie etablissement|"
        "adresse administrative|adresse ban|adresse normalisee|geo adresse|street name|address street|"
        "adresse rue|l4 normalisee"
    ),
    "complement": (
        "compl adr|comp adr|cplt adr|adr complement|adr 2|complement adr|"
        "complement adresse|complement|adresse complement|adresse complementaire|adresse 2|adresse ligne 2|"
        "address line 2|address 2|complement adresse etablissement|batiment|etage|batiment etage|"
        "precision adresse|complements adresse|cplt adresse|compl adresse|comp adresse|adresse suite|"
        "lieu dit|additional address|address complement|precisions adresse|indication acces|"
        "precision localisation|residence batiment"
    ),
    "postcode": (
        "cp|code postal|codepostal|postcode|postal code|zip|zip code|zipcode|code post|code postale|cpostal|"
        "cod post|post code|addr postcode|contact postcode|code postal etablissement|codpos|cdpostal|"
        "code postal lieu|c postal|postal|plz|code posta|code postal bis|cp ville|npa|code postal structure|"
        "code postal commune"
    ),
    "commune": (
        "commune|ville|city|town|localite|municipalite|nom commune|lib com|nom com|nomcom|libcom|"
        "libelle commune|commune nom|addr city|contact city|ville lieu|nom ville|commune implantation|"
        "ville implantation|locality|address locality|municipality|libelle commune etablissement|com|"
        "commune insee|nom commune insee|lib geo|comm|ville commune|commune lieu|village|city name|town name|"
        "commune residence|libelle acheminement|bureau distributeur|com nom|libgeo|commune situe|ville situe|"
        "cominit|nom commune complet|localisation commune|commune structure"
    ),
    "insee": (
        "insee|code insee|depcom|codgeo|code commune|insee com|insee commune|code insee commune|"
        "code commune insee|citycode|code commune etablissement|com insee|cod insee|inseecom|id geo|numcom|"
        "insee code|codeinsee|code officiel geographique|cog|com code|code com|c insee|code geo|num insee|"
        "code insee lieu|ref insee"
    ),
    "departement": (
        "departement|dep|dept|dpt|code departement|num departement|nom departement|departement code|"
        "insee dep|code dep|dep code|code dept|lib dep|department|county|departemen|n departement|num dep|"
        "inseedep|libelle departement"
    ),
    "lat": (
        "coord 1|coordinates 1|geometry coordinates 1|geo 1|position 1|"
        "lat|latitude|y|coord y|coordonnee y|y wgs 84|latitude wgs 84|lat wgs 84|geo lat|geo latitude|ylat|"
        "coordonnees latitude|latitude gps|gps lat|geolocalisation lat|"
        "coordonnee lambert ordonnee etablissement|ordonnee|coordonnees gps latitude|northing|gps latitude|"
        "geo point 2d lat|geom lat|position lat|wgs 84 lat|y l 93|y lambert 93|latitude en degre|lat coor 1|"
        "y 2154|coordinates latitude|coord lat|ycoord"
    ),
    "lon": (
        "coord 0|coordinates 0|geometry coordinates 0|geo 0|position 0|"
        "lon|long|lng|longitude|x|coord x|coordonnee x|x wgs 84|longitude wgs 84|lon wgs 84|geo lon|geo lng|"
        "geo longitude|longitude x|xlong|x lon|x long|coordonnees longitude|longitude gps|gps lon|gps long|"
        "gps lng|geolocalisation lon|coordonnee lambert abscisse etablissement|abscisse|"
        "coordonnees gps longitude|easting|lon x|gps longitude|geo point 2d lon|geom lon|position lon|"
        "wgs 84 lon|x l 93|x lambert 93|longitude en degre|long coor 1|x 2154|coordinates longitude|"
        "coord lon|coord long|xcoord|x coord"
    ),
    "kind": (
        "type|typologie|categorie|kind|type lieu|type structure|type site|type tiers lieu|nature|typo|"
        "user type|picto|category|type etablissement|typologie etablissement|categorie lieu|"
        "categorie etablissement|nature lieu|type adresse|type espace lieu|place type|venue type|"
        "type equipement|activite principale|typologie lieu|typologie structure|categories|amenity|spottype|"
        "spot type|sous type|famille|type fs|nature structure|type organisme|type bibliotheque|"
        "primary category|type point|type place|dominante|type projet"
    ),
    "hours": (
        "horaire|horaires|horaires ouverture|horaire ouverture|horaires accueil|opening hours|"
        "heures ouverture|ouverture|hours|jours ouverture|jours heures ouverture|jours horaires|"
        "horaires jours ouverture|jour horaire|heures|plages horaires|heure ouverture|horaires acces|"
        "open hours|business hours|opening times|periode ouverture|quels horaires|quels horaires ouverture|"
        "quand ouvert|amplitude horaire|jours horaires ouverture|opening hours text|schedule|"
        "horaires ouverture public|horaires lieu|when open|horaires saisonniers|horaire accueil"
    ),
    "capacity": (
        "capacite|capacite accueil|jauge|capacity|nombre personnes|nombre maximum personnes|"
        "capacite maximale|capacite totale|max capacity|capacite accueil personnes|effectif maximal|capa|"
        "capacite max|effectif max|combien personnes accueillir|combien personnes|nb max personnes|"
        "accueil maximal"
    ),
    "seats": (
        "places|postes|bureaux|sieges|seats|desks|nombre places|nombre postes|nombre bureaux|places assises|"
        "nombre places assises|nb pers|places disponibles|nombre postes travail|postes travail|number seats|"
        "number desks|seating|workstations|combien places|combien postes|nombre sieges|nombre tables|"
        "combien postes travail|how many seats|how many desks|nombre places coworking|capacite coworking|"
        "desk count|seat count"
    ),
    "space_name": (
        "salle|salles|nom salle|room|room name|nom bureau|nom piece|piece|intitule salle|libelle salle|"
        "designation salle|meeting room|nom espaces|espaces|space|bureau"
    ),
    "space_kind": (
        "type salle|type espace|type bureau|room type|space type|room kind|space kind|categorie salle|"
        "type poste|nature salle|categorie espace|usage salle|type piece"
    ),
    "phone": (
        "tel|telephone|telephone fixe|tel fixe|phone|fixe|n tel|numero telephone|no tel|n telephone|"
        "telephone accueil|tel accueil|phone number|telephone lieu|telephone structure|standard|"
        "telephone public|contact phone|telephone 1|tel 1|landline|coordonnees telephoniques|tel standard|"
        "telephone mairie|telephone contact|contact telephonique|contact tel|numero fixe|phone 1|"
        "telephone standard|international phone number"
    ),
    "email": (
        "email|mail|e mail|courriel|mel|adresse email|adresse mail|adresse e mail|adresse electronique|"
        "adresse courriel|courriels|email address|mails|emails|mail contact|email structure|mail structure|"
        "contact email|contact mail|email lieu|email contact|courrier electronique|adresse mel|"
        "mail generique|email generique|courriel structure|adresse messagerie"
    ),
    "website": (
        "site|site web|site internet|web|url|website|site inter|lien|page web|web site|www|url site|"
        "lien site|adresse web|homepage|lien site internet|lien web|adresse internet|site www|url web|"
        "url site web|site officiel|official website|web page|internet|contact website|adresse site web|"
        "adresse site internet|lien site web|siteweb|page internet|website url"
    ),
    "checked_on": (
        "date|date maj|date mise jour|mise jour|maj|updated at|check date|date modification|last update|"
        "last updated|modified|derniere mise jour|datemaj|date derniere mise jour|date actualisation|"
        "last modified|survey date|date verification|date releve|date saisie|horodateur|timestamp|"
        "date soumission|derniere modification|modifie le|date dernier traitement etablissement|"
        "last modified time|edit datemaj|date maj fiche|date classement|date donnees|submission date|"
        "last edited time|date extraction"
    ),
    "amenities": (
        "equipements|equipement|services|service|amenities|facilities|materiel|prestations|"
        "equipements disponibles|services proposes|materiel disponible|services disponibles|"
        "equipement disponible|commodites|equipements services|quels equipements|features|quels services|"
        "equipments|equipment|equipements proposes|materiel mis disposition|equipements mis disposition"
    ),
    "siret": (
        "siret|numero siret|n siret|code siret|ref fr siret|siret structure|siret etablissement|siret number|"
        "siret siege|numero siret structure|siret lieu|numsiret"
    ),
    "parent": (
        "structure parente|parent|nom structure parente|nom gestionnaire|nom structure porteuse|nom porteur|"
        "nom operateur|nom organisme gestionnaire|organisation|organisme gestionnaire|gestionnaire|"
        "structure porteuse|porteur|porteur projet|operator|exploitant|structure gestionnaire|organisme|"
        "parent organization|parent organisation|structure mere|rattachement|organisme rattachement|"
        "structure rattachement|structure juridique|structure portant|collectivite rattachement|managed by|"
        "collectivite gestionnaire|siege social|operateur|mode gestion|entite gestionnaire|tutelle|"
        "structure support|porte par"
    ),
}

WEAK: dict[str, str] = {
    "name": (
        "association|bibliotheque|coworking|designation|espace|etablissement|fablab|label|lib|lieu|mairie|"
        "organisation|organisme|point numerique|site|structure|tiers lieu|title|titre|tl|venue"
    ),
    "address": ("adres|geo adresse|localisation|location|nom rue|nom voie|road|rue|voie"),
    "complement": ("batiment|complement|etage|lieu dit|lieudit"),
    "commune": ("bureau distributeur|com|cominit|libelle acheminement|localisation commune|village"),
    "insee": ("citycode|code geo|id geo|ref insee"),
    "lat": ("northing|ordonnee|y|y 2154|y l 93|y lambert 93"),
    "lon": ("abscisse|easting|x|x 2154|x l 93|x lambert 93"),
    "kind": (
        "activite principale|amenity|dominante|famille|nature|picto|sous type|spottype|type adresse|type fs|"
        "type place|user type"
    ),
    "hours": ("heures|horaires saisonniers|ouverture"),
    "seats": ("bureaux|nb pers|places disponibles|sieges"),
    "space_name": ("bureau|espaces|piece|salles|space"),
    "website": ("internet|lien|site|url|web page"),
    "checked_on": (
        "date|date classement|date extraction|date saisie|date soumission|horodateur|submission date|timestamp"
    ),
    "amenities": ("features|materiel|service|services"),
    "parent": ("mode gestion|operateur|operator|organisation|organisme|porteur|siege social|tutelle"),
    "departement": ("county|department"),
}
"""Of these, the ones that other fields use too."""

AGAINST: dict[str, str] = {
    "name": (
        "address adresse afnor alt ancien ancienne arrondissement brand canton code commercial2 commune "
        "contact country court date dep departement dirigeant email epci epn2 facebook famille fichier file "
        "gerant id image label ld licence ligne mail maire metro nb nombre old operator pays population "
        "prenom president quartier referent reg region reseau responsable room rue salle short source tel "
        "telephone twitter type url user2 ville voie voies web ze zone"
    ),
    "address": (
        "2 absente city cle code commune complement courriel cp differents electronique email facebook id "
        "internet ip key ligne2 mail postal site source telephone type url ville web"
    ),
    "complement": ("email mail telephone web"),
    "postcode": ("differents gestionnaire score siege"),
    "commune": (
        "ancien ancienne cc certification classe code communaute departement district epci habitants id "
        "insee metro nombre old population region superficie taille type ze"
    ),
    "insee": (
        "ancien ancienne ape arrondissement canton dep departement doublon epci iris metro naf pays reg region siege ze"
    ),
    "departement": ("metro"),
    "lat": ("precision score"),
    "lon": ("precision score terme"),
    "kind": (
        "abonnement acces connexion contact contrat espace geo handicap id position poste projet2 public "
        "room salle sejour source tarif voie"
    ),
    "hours": ("annee check conditions creation date dimanche exceptionnelle fermeture permanence2 source"),
    "capacity": ("ateliers electrique hebergement parking salle2 stationnement velo"),
    "seats": (
        "chambres emplacements exterieur handicapees indoor logements outdoor parking pmr portables "
        "stationnement tablettes velo visiteurs"
    ),
    "phone": ("contact2 fax mobile portable type urgence"),
    "email": ("directeur directrice dirigeant gerant perso personnel prenom president referent responsable"),
    "website": (
        "access accessible adresse2 facebook google gratuit id image inscription instagram licence linkedin "
        "logo maps mastodon nom nombre photo rdv reseaux reservation rss sociaux source twitter type video "
        "wiki wikipedia youtube"
    ),
    "checked_on": ("creation debut fermeture fin inauguration labellisation lancement naissance ouverture validation"),
    "amenities": ("conditions date financiers id nombre public publics"),
    "siret": ("doublon"),
    "parent": ("adresse email id mail nom short siret telephone type url wikidata wikipedia"),
    "space_name": ("capacite nb nombre type wifi"),
}
"""Words that turn a header away from a field unless a phrase holds them."""

OTHER = (
    "id gid uid uuid fid objectid "
    "ape arrondissement brand budget canton certification chambres cle comment commentaire commentaires "
    "country creation description district effectif effectifs epci etp facebook fax fee image instagram key "
    "label labels licence license ligne linkedin logo mastodon mot mots naf naissance note notes password "
    "pays photo pk population presentation public publics quartier reg region remarque remarques reseaux "
    "resume rss score siren sociaux source status statut superficie surface tag tags transport transports "
    "twitter video wikidata wikipedia youtube zonage"
)
"""Words of headers that name no field of ours: their values alone make no suggestion."""

NEUTRAL = (
    "actuel addr arc association bib bibliotheque c contact coworking equipement espace etablissement etat "
    "fablab fields france fs gare geo geom hotel lieu lieux local mairie officiel organisation organisme "
    "place poi point principal principale properties public result site structure tiers tl user"
)
"""Words that name the owner of a value, not the value: they cost a header little."""

STOP = (
    "ma mon mes "
    "a any are at au aux avec bien can ce cet cette champ ci d dans de des dessous do does donner donnez du "
    "en enter est et ex exact exacte exemple facultatif for ici if il in indiquer indiquez is it je l la le "
    "les merci nos notre nous obligatoire of on optional optionnel ou our please possible pour pouvez "
    "preciser precisez quel quelle renseigner renseignez required s sa saisir saisissez ses son sont sur svp "
    "t the this to un une veuillez vos votre vous what where which y your"
)
"""Little words and those of questions: "Quel est le nom de votre lieu ?" asks for "nom lieu"."""
